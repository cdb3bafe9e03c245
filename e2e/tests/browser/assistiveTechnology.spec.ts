// These tests check screen reader announcements and reduced motion.
import { expect, test } from './browserTest.ts'

test('announces a changed balance once and politely but never announces a hold', async ({ app, model }) => {
  model.pausePictures()
  await app.open()
  await expect(app.announcer).toHaveAttribute('aria-live', 'polite')
  await app.makePictures('a mill', 3)
  await app.expectBalance('generations', { left: 7, of: 10, held: 3 })
  await expect(app.announcer).toBeEmpty()
  const announcements = await app.page.evaluateHandle(() => {
    const announcements: string[] = []
    const element = document.querySelector('[data-testid=balance-announcements]')
    if (element)
      new MutationObserver(() => announcements.push(element.textContent ?? '')).observe(element, {
        childList: true,
        characterData: true,
        subtree: true,
      })
    return announcements
  })
  model.finishPictures()
  await expect(app.announcer).toContainText('3 of 10 used')
  await app.goTo('Usage')
  await expect(app.usage('generations')).toContainText('3 of 10 used')
  expect(await announcements.jsonValue()).toEqual([expect.stringContaining('3 of 10 used')])
})

test('runs no animation longer than 50 ms when the customer prefers reduced motion', async ({
  app,
  model,
}) => {
  await app.page.emulateMedia({ reducedMotion: 'reduce' })
  model.pausePictures()
  await app.open()
  await app.makePictures('a mill', 2)
  await app.expectBalance('generations', { left: 8, of: 10, held: 2 })
  const moving = await app.page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState, effect }) => {
        const { duration = 0, iterations = 1 } = effect?.getTiming() ?? {}
        return playState === 'running' && Number(duration) * Number(iterations) > 50
      })
      .map(({ effect }) => (effect as KeyframeEffect).target?.outerHTML.slice(0, 120)),
  )
  expect(moving).toEqual([])
})
