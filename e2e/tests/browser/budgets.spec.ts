// In these tests, customers set their own spend limits on Billing.
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test('blocks new pictures at the limit, even with credits left, until the customer raises the limit', async ({
  app,
  records,
  customer,
}) => {
  await app.open('Billing')
  const limit = app.limit('generations')
  await expect(limit.row).toContainText(texts.noLimit)
  await limit.set(2)
  await expect(limit.row).toContainText('0 of 2 used')
  await expect(limit.row).toContainText(texts.resets)
  await expect(limit.edit).toBeFocused()

  await app.goTo('Studio')
  await app.makePictures('a mill', 2)
  await app.expectBalance('generations', { left: 8, of: 10 })
  await app.generate.click()
  await expect(app.alert).toContainText(texts.limitReached('2 pictures'))
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expect(app.alert).toContainText(texts.resets)
  await app.expectBalance('generations', { left: 8, of: 10 })
  await expect(app.paywall).toHaveCount(0)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 2 })

  await app.alert.getByRole('link').click()
  await expect(app.spendLimits).toBeFocused()
  await expect(app.spendLimits).toBeInViewport()
  await expect(limit.row).toContainText(texts.stopped)
  await limit.set(4)
  await expect(limit.row).toContainText('2 of 4 used')
  await expect(limit.bar).toHaveAccessibleName('Pictures, monthly limit')
  await app.goTo('Studio')
  await app.makePictures('a second mill', 3)
  await expect(app.alert).toContainText(texts.limitExceeded('4 pictures'))
  await app.makePictures('a second mill', 2)
  await app.expectBalance('generations', { left: 6, of: 10 })
  await expect(app.alert).toHaveCount(0)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 4 })
})

test('allows a limit below the current usage and lets work continue after the limit is removed', async ({
  app,
  customer,
}) => {
  await customer.makePictures(3)
  await app.open('Billing')
  const limit = app.limit('generations')
  await limit.set('2.5')
  await expect(limit.field).toHaveAccessibleDescription(texts.wholeNumber)
  await expect(limit.field).toBeFocused()
  await limit.field.fill('2')
  await limit.save.click()
  await expect(limit.row).toContainText('3 of 2 used')
  await expect(limit.row).toContainText(texts.stopped)
  expect((await customer.call('studio.generate', { prompt: 'a mill', count: 1 })).status).toBe(402)
  await limit.edit.press('Enter')
  await expect(limit.field).toBeFocused()
  await expect(limit.field).toHaveAccessibleDescription(texts.willStop)
  await app.page.keyboard.press('Escape')
  await expect(limit.edit).toBeFocused()

  await limit.remove.click()
  await expect(limit.row).toContainText(texts.noLimit)
  await expect(limit.edit).toBeFocused()
  await app.goTo('Studio')
  await app.makePictures('a mill')
  await app.expectBalance('generations', { left: 6, of: 10 })
})

test("stops one tab's calls at a limit that another tab sets and shows the usage in the other tab", async ({
  app: here,
  openTab,
  records,
  customer,
}) => {
  const there = await openTab()
  await Promise.all([here.open(), there.open('Billing')])
  await there.limit('generations').set(1)
  await expect(there.limit('generations').row).toContainText('0 of 1 used')
  await here.makePictures('a kite', 2)
  await expect(here.alert).toContainText(texts.limitExceeded('1 picture'))
  await here.makePictures('a kite', 1)
  await expect(here.alert).toHaveCount(0)
  await expect(there.limit('generations').row).toContainText('1 of 1 used')
  await here.makePictures('another kite', 1)
  await expect(here.alert).toContainText(texts.limitReached('1 picture'))
  await expect.poll(() => records.used(customer)).toEqual({ generations: 1 })
})

test('keeps a typed limit while the browser is offline', async ({ app }) => {
  await app.open('Billing')
  const limit = app.limit('tokens')
  await app.page.context().setOffline(true)
  await limit.set(100)
  await expect(limit.row.getByRole('alert')).toContainText(texts.unreachable)
  await app.page.context().setOffline(false)
  await limit.save.click()
  await expect(limit.row).toContainText('0 of 100 used')
})
