// These tests change, cancel and resume plans.
import type { Customer } from '../customer.ts'
import { cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

/** Returns the end of the customer's period in the format in which the app shows it. */
async function endOfPeriod(customer: Customer): Promise<string> {
  const { plan } = await customer.refresh()
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' }).format(plan.renewsAt)
}

test('keeps a canceled plan until the end of its period and lets the customer resume it', async ({
  app,
  customer,
}) => {
  await customer.buy('pro_monthly')
  const end = await endOfPeriod(customer)
  const shortDay = end.replace(/ \d+$/, '')
  await app.open('Billing')
  const { subscription, dialog } = app
  const cancel = subscription.getByRole('button')
  await expect(subscription).toContainText(texts.renewsOn(end))
  await cancel.click()
  await expect(dialog).toContainText(texts.endsOn(end))
  await expect(dialog).toContainText('Free')
  await expect(dialog).not.toContainText('pack')
  await app.keep.click()
  await expect(subscription).toContainText(texts.renewsOn(end))
  await expect(cancel).toBeFocused()

  await cancel.click()
  await expect(app.confirm).toContainText(shortDay)
  await app.confirm.click()
  await expect(dialog).toHaveCount(0)
  await expect(subscription.getByRole('status')).toContainText(texts.endsOn(end))
  await expect(subscription.getByRole('status')).toContainText('Free starts')
  // The button is gone, so the heading has the focus.
  await expect(app.heading).toBeFocused()
  await expect(app.planName).toHaveText('Pro')
  await app.expectBalance('generations', { left: 500, of: 500 })
  await expect(subscription).not.toContainText(texts.renewsOn(end))
  await app.goTo('Plans')
  await expect(app.status(texts.endsOn(end))).toBeVisible()
  await expect(app.plan('generation_pack').card).toContainText(`Pro on ${shortDay}`)
  await expect(app.plan('pro_monthly').card).toContainText(texts.endsOn(shortDay))
  await expect(app.plan('pro_monthly').card).not.toContainText(texts.renewsOn(shortDay))
  await expect(app.plan('free').card).toContainText(texts.startsOn(shortDay))
  await app.plan('scale_monthly').choose.click()
  await expect(dialog).toContainText(texts.cancellationUndone)
  await app.page.keyboard.press('Escape')
  await app.status(texts.endsOn(end)).getByRole('button').click()
  await expect(app.status(texts.endsOn(end))).toHaveCount(0)
  await expect(app.heading).toBeFocused()

  await customer.buy('generation_pack')
  await app.plan('free').choose.click()
  await expect(dialog).toContainText(texts.packEnds)
  await expect(dialog).toContainText('50 pictures')
  await app.page.keyboard.press('Escape')
  await app.goTo('Billing')
  await expect(subscription).toContainText(texts.renewsOn(end))
})

test('keeps the plan until the end of its period after a downgrade and lets the customer undo the downgrade', async ({
  app,
  customer,
}) => {
  await customer.buy('scale_monthly')
  const end = await endOfPeriod(customer)
  const shortDay = end.replace(/ \d+$/, '')
  await app.open('Plans')
  const { dialog } = app
  const pro = app.plan('pro_monthly')
  await pro.choose.click()
  await expect(dialog).toContainText(texts.startsOn(end))
  await expect(dialog).toContainText('$20 a month')
  await expect(app.confirm).toContainText(shortDay)
  await app.confirm.click()
  await expect(dialog).toHaveCount(0)
  const scheduled = app.status(texts.changesOn('Pro', end))
  await expect(scheduled).toContainText('Scale')
  await expect(app.planName).toHaveText('Scale')
  await app.expectUnlimited('generations', { used: 0 })
  await expect(app.heading).toBeFocused()
  // There is no button for the scheduled plan or for a pack that would add nothing.
  await expect(pro.card).toContainText(texts.startsOn(shortDay))
  await expect(app.plan('scale_monthly').card).toContainText(texts.changesOn('Pro', shortDay))
  await expect(pro.choose).toHaveCount(0)
  await expect(app.plan('generation_pack').card).toContainText('Scale')
  await expect(app.plan('generation_pack').choose).toHaveCount(0)
  await app.plan('free').choose.click()
  await expect(dialog).toContainText(texts.scheduledChange)
  await app.page.keyboard.press('Escape')
  await scheduled.getByRole('button').click()
  await expect(scheduled).toHaveCount(0)
})

test('upgrades from one paid plan to another immediately', async ({ app, records, customer }) => {
  await customer.buy('pro_monthly')
  await app.open('Plans')
  await app.plan('scale_monthly').choose.click()
  await expect(app.dialog).toContainText('$99 a month')
  await app.confirm.click()
  await expect(app.planName).toHaveText('Scale')
  await app.expectUnlimited('generations', { used: 0 })
  await expect(app.plan('scale_monthly').card).toContainText(texts.yourPlan)
  expect(await records.plan(customer)).toBe('scale_monthly')
})

test('shows the new plan after an upgrade whose response is lost', async ({ app, customer }) => {
  await customer.buy('pro_monthly')
  await app.open('Plans')
  await app.page.route(/billing\.changePlan/, async (route) => {
    await route.fetch()
    await route.abort('connectionreset')
  })
  await app.plan('scale_monthly').choose.click()
  await expect(app.confirm).toContainText(texts.money)
  await app.confirm.click()
  await expect(app.status(texts.onPlan('Scale'))).toContainText('Billing')
  await expect(app.dialog).toHaveCount(0)
})

test('lets the customer save another card after a declined upgrade and then upgrade with it', async ({
  app,
  customer,
}) => {
  await customer.buy('pro_monthly', cards.declinesRenewals)
  await app.open('Plans')
  await app.plan('scale_monthly').choose.click()
  await expect(app.confirm).toContainText(texts.money)
  await app.confirm.click()
  await expect(app.dialog.getByRole('alert')).toContainText(texts.cardDeclined)
  await app.dialog.getByRole('button', { name: 'Use another card' }).click()
  await app.checkout.card.fill(cards.paid)
  await app.checkout.submit.click()
  await expect(app.status(texts.cardSaved)).toContainText('Choose your new plan again')
  await app.plan('scale_monthly').choose.click()
  await expect(app.dialog).toContainText('Visa ending in 4242')
  await app.confirm.click()
  await expect(app.status(texts.onPlan('Scale'))).toBeVisible()
})
