// These tests end billing periods by moving Flowglad's clock. By the server's clock, the periods haven't
// ended.
import type { FlowgladRecords } from '../../stack/flowgladRecords.ts'
import type { Customer } from '../customer.ts'
import type { App } from './app.ts'
import { expect, test } from './browserTest.ts'

test.use({ stackOptions: { movesClock: true } })
test.describe.configure({ mode: 'default' })

const moreThanMonthMs = 32 * 86_400_000

/** Uses all credits, opens Studio, waits for the paywall and ends the period at Flowglad. */
async function exhaustAndEndPeriod(fixtures: { app: App; records: FlowgladRecords; customer: Customer }) {
  const { app, records, customer } = fixtures
  await customer.makePictures(10)
  await app.open()
  await expect(app.paywall).toBeVisible()
  await expect.poll(() => records.used(customer)).toEqual({ generations: 10 })
  await records.advanceClock(moreThanMonthMs)
}

test('shows the renewed balance within two seconds of a refresh', async ({ app, records, customer }) => {
  await exhaustAndEndPeriod({ app, records, customer })
  await customer.refresh()
  await expect(app.balance('generations')).toContainText('0 of 10 used', { timeout: 2_000 })
  await expect(app.paywall).toHaveCount(0)
  expect(await records.balances(customer)).toMatchObject({ generations: 10 })
  await app.makePictures('a new month', 4)
  await app.expectBalance('generations', { left: 6, of: 10 })
})

test('allows the next call after a renewal that the server has not fetched yet', async ({
  app,
  records,
  customer,
}) => {
  await exhaustAndEndPeriod({ app, records, customer })
  await app.makePictures('a new month', 4)
  await app.expectBalance('generations', { left: 6, of: 10 })
  await expect(app.paywall).toHaveCount(0)
  await expect.poll(() => records.balances(customer)).toMatchObject({ generations: 6 })
})

test("moves the customer to the Free plan when a canceled plan's period ends", async ({
  app,
  records,
  customer,
}) => {
  await customer.buy('pro_monthly')
  await customer.call('billing.cancel', {})
  await app.open()
  await expect(app.planName).toHaveText('Pro')
  await records.advanceClock(moreThanMonthMs)
  await app.page.reload()
  await expect(app.planName).toHaveText('Free')
  await app.expectBalance('generations', { left: 10, of: 10 })
  expect(await records.plan(customer)).toBe('free')
})

test('applies a scheduled downgrade when the period ends and ignores usage from the unlimited period', async ({
  app,
  records,
  customer,
}) => {
  await customer.buy('scale_monthly')
  await customer.makePictures(12)
  await customer.call('billing.changePlan', { priceSlug: 'pro_monthly' })
  await app.open()
  await app.expectUnlimited('generations', { used: 12 })
  await expect.poll(() => records.used(customer)).toEqual({ generations: 12 })
  await records.advanceClock(moreThanMonthMs)
  await app.page.reload()
  await expect(app.planName).toHaveText('Pro')
  await app.expectBalance('generations', { left: 500, of: 500 })
})

test.describe('without webhooks', () => {
  test.use({ stackOptions: { movesClock: true, webhooks: false } })

  test('shows the renewed balance after a reload', async ({ app, records, customer }) => {
    await exhaustAndEndPeriod({ app, records, customer })
    await app.page.reload()
    await app.expectBalance('generations', { left: 10, of: 10 })
    await expect(app.paywall).toHaveCount(0)
  })
})
