// In these tests, one customer uses several tabs and browsers.
import { signIn } from '../customer.ts'
import { cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

const usedIn = (texts: string[]) => texts.flatMap((text) => text.match(/(\d+) of/)?.[1] ?? []).map(Number)

test('updates both tabs after each call without a reload, and never lowers the used units', async ({
  app: here,
  openTab,
  records,
  customer,
}) => {
  const there = await openTab()
  await Promise.all([here.open(), there.open()])
  const recorded = [await here.recordBalance('generations'), await there.recordBalance('generations')]
  await here.makePictures('a kite', 3)
  await there.expectBalance('generations', { left: 7, of: 10 })
  await there.makePictures('another kite', 2)
  await here.expectBalance('generations', { left: 5, of: 10 })
  await there.expectBalance('generations', { left: 5, of: 10 })
  for (const balances of recorded) {
    const used = usedIn(await balances())
    expect(used).toEqual(used.toSorted((a, b) => a - b))
    expect(used.at(-1)).toBe(5)
  }
  await expect.poll(() => records.used(customer)).toEqual({ generations: 5 })
})

test('keeps the typed prompt when another device uses the last credits', async ({
  app,
  records,
  customer,
}) => {
  await customer.makePictures(8)
  await app.open()
  await app.expectBalance('generations', { left: 2, of: 10 })
  await app.prompt.pressSequentially('A lighthouse ab')
  await customer.makePictures(2)
  await expect(app.paywall).toBeVisible()
  await expect(app.prompt).toBeFocused()
  await app.page.keyboard.type('ove a sea of fog')
  await expect(app.prompt).toHaveValue('A lighthouse above a sea of fog')
  await app.generate.click()
  await expect(app.alert).toContainText(texts.noPicturesLeft)
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expect(app.prompt).toHaveValue('A lighthouse above a sea of fog')
  await expect.poll(() => records.used(customer)).toEqual({ generations: 10 })
})

test('distinguishes units held by another tab from used units', async ({ app, openTab, model, customer }) => {
  await customer.makePictures(6)
  model.pausePictures()
  const other = await openTab()
  await Promise.all([app.open(), other.open()])
  await other.makePictures('a kite', 4)
  await app.expectBalance('generations', { left: 0, of: 10, held: 4 })
  await app.makePictures('a second kite', 1)
  await expect(app.alert).toContainText(texts.picturesInUse)
  await expect(app.paywall).toHaveCount(0)
  model.failPictures()
  await app.expectBalance('generations', { left: 4, of: 10 })
  model.finishPictures()
  await expect(app.status(texts.creditsArrived)).toBeVisible()
  await app.retry.click()
  await app.expectBalance('generations', { left: 3, of: 10 })
})

test('removes the paywall when the customer upgrades in another browser', async ({
  app,
  openBrowser,
  stack,
  customer,
}) => {
  await customer.makePictures(10)
  await app.open()
  await expect(app.paywall).toBeVisible()
  await app.makePictures('a mill', 2)
  await expect(app.alert).toBeVisible()

  const other = await openBrowser()
  await signIn(other.page.request, stack, customer)
  await other.open('Plans')
  await other.plan('pro_monthly').choose.click()
  await other.checkout.card.fill(cards.paid)
  await other.checkout.submit.click()
  await expect(other.planName).toHaveText('Pro')

  await expect(app.planName).toHaveText('Pro')
  await app.expectBalance('generations', { left: 500, of: 500 })
  await expect(app.paywall).toHaveCount(0)
  await expect(app.status(texts.creditsArrived)).toBeVisible()
  await app.generate.click()
  await app.expectBalance('generations', { left: 498, of: 500 })
})
