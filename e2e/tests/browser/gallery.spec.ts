// These tests open, download and delete pictures.
import { expect, test } from './browserTest.ts'

test('shows a picture with its prompt in a viewer and downloads the file', async ({ app, customer }) => {
  await customer.call('studio.generate', { prompt: 'a fox at dawn', count: 1 })
  await customer.call('studio.generate', { prompt: 'an owl at dusk', count: 1 })
  await app.open()
  const gallery = app.page.getByRole('region', { name: 'Your gallery' })
  await expect(gallery.getByText('a fox at dawn')).toBeVisible()
  const owl = gallery.getByRole('button', { name: 'an owl at dusk' })
  await owl.click()
  await expect(app.dialog).toContainText('an owl at dusk')
  await expect(app.dialog.getByRole('img', { name: 'an owl at dusk' })).toBeVisible()
  await app.page.keyboard.press('ArrowRight')
  await expect(app.dialog).toContainText('a fox at dawn')
  const downloading = app.page.waitForEvent('download')
  await app.dialog.getByRole('link', { name: 'Download' }).click()
  expect((await downloading).suggestedFilename()).toBe('a-fox-at-dawn.png')
  await app.page.keyboard.press('Escape')
  await expect(app.dialog).toHaveCount(0)
  await expect(owl).toBeFocused()
})

test("shows other devices' pictures and removes a picture that another tab deletes", async ({
  app,
  customer,
  openTab,
}) => {
  await customer.makePictures(1)
  await app.open()
  await expect(app.pictures).toHaveCount(1)
  await customer.makePictures(2)
  await expect(app.pictures).toHaveCount(3)

  const tab = await openTab()
  await tab.open()
  await tab.page.getByRole('region', { name: 'Your gallery' }).getByRole('button').first().click()
  await tab.dialog.getByRole('button', { name: 'Delete' }).click()
  const question = tab.page.getByRole('dialog', { name: 'Delete this picture?' })
  await question.getByRole('button', { name: 'Keep picture' }).click()
  await expect(question).toHaveCount(0)
  await tab.dialog.getByRole('button', { name: 'Delete' }).click()
  await question.getByRole('button', { name: 'Delete picture' }).click()
  await expect(tab.dialog).toHaveCount(0)
  await expect(tab.pictures).toHaveCount(2)
  await expect(app.pictures).toHaveCount(2)
  await app.expectBalance('generations', { left: 7, of: 10 })
})
