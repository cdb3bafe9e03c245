import type { Locator } from '@playwright/test'
import { expect, test } from './browserTest.ts'

const background = (element: Locator) =>
  element.evaluate((it) => {
    const { backgroundColor, backgroundImage } = getComputedStyle(it)
    return backgroundImage === 'none' ? backgroundColor : backgroundImage
  })

test('keeps bars, selections and switches visible with forced colors', async ({ app, model }) => {
  const { page } = app
  await page.emulateMedia({ forcedColors: 'active' })
  model.pausePictures()
  await app.open()
  await app.makePictures('a mill', 4)
  await app.expectBalance('generations', { left: 6, of: 10, held: 4 })
  const canvas = await background(page.locator('body'))
  const [used, held] = [
    app.bar('generations').locator('> *').nth(0),
    app.bar('generations').locator('> *').nth(1),
  ]
  for (const part of [used, held]) expect(await background(part)).not.toBe(canvas)

  const isSelected = async (chosen: Locator, other: Locator) =>
    expect(await background(chosen)).not.toBe(await background(other))
  await isSelected(page.getByRole('tab', { name: 'Pictures' }), page.getByRole('tab', { name: 'Write' }))
  const links = page.locator('header nav a')
  await isSelected(links.nth(0), links.nth(1))
  const control = page.locator('.mantine-SegmentedControl-root').first()
  await isSelected(control.locator('.mantine-SegmentedControl-indicator'), control)
  const track = page.locator('.mantine-Switch-track').first()
  const off = await background(track)
  await app.hd.click()
  expect(await background(track)).not.toBe(off)
})
