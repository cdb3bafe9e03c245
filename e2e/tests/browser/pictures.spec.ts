// These tests check how units are held while pictures are being made.
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test('holds units while work runs and charges them when the work succeeds', async ({
  app,
  model,
  records,
  customer,
}) => {
  model.pausePictures()
  await app.open()
  await app.makePictures('a tall ship', 3)
  await expect(app.generate).toBeDisabled()
  await app.expectBalance('generations', { left: 7, of: 10, held: 3 })
  const bar = app.bar('generations')
  await expect(bar).toHaveAttribute('aria-valuenow', '0')
  await expect(bar).toHaveAttribute('aria-valuetext', '0 of 10 used, 3 in progress')
  await expect(app.picturesInProgress).toHaveCount(3)
  expect(await records.used(customer)).toEqual({})
  await expect.poll(() => model.picturesInProgress()).toBe(3)
  model.finishPictures()
  await app.expectBalance('generations', { left: 7, of: 10 })
  await expect(bar).toHaveAttribute('aria-valuenow', '3')
  await expect(app.pictures).toHaveCount(3)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 3 })
})

test('returns held units when work fails and charges only the retry', async ({
  app,
  model,
  records,
  customer,
}) => {
  model.pausePictures()
  await app.open()
  const balances = await app.recordBalance('generations')
  await app.makePictures('a tall ship', 4)
  await app.expectBalance('generations', { left: 6, of: 10, held: 4 })
  await expect.poll(() => model.picturesInProgress()).toBe(4)
  model.failPictures()
  await expect(app.alert).toContainText(texts.nothingCharged)
  await app.expectBalance('generations', { left: 10, of: 10 })
  await expect(app.generate).toBeEnabled()
  await expect(app.pictures).toHaveCount(0)
  await expect(app.announcer).toBeEmpty()
  expect((await balances()).some((text) => text.includes('4 in progress'))).toBe(true)
  model.finishPictures()
  await app.retry.click()
  await app.expectBalance('generations', { left: 6, of: 10 })
  await expect.poll(() => records.used(customer)).toEqual({ generations: 4 })
})

test('charges once for a double click', async ({ app, model, records, customer }) => {
  model.pausePictures()
  await app.open()
  await app.prompt.fill('twins')
  await app.generate.dblclick()
  await expect.poll(() => model.picturesInProgress()).toBe(1)
  model.finishPictures()
  await app.expectBalance('generations', { left: 9, of: 10 })
  await expect(app.pictures).toHaveCount(1)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 1 })
})

test("says which plans include HD until the customer's plan includes it", async ({ app, customer }) => {
  await app.open()
  await expect(app.hd).toHaveAccessibleDescription('Pro and Scale')
  await customer.buy('pro_monthly')
  await expect(app.hd).toHaveAccessibleDescription('Included')
})
