import { cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test.use({ stackOptions: { mail: true } })

test("shows an alert at 80% of the plan's units in only one tab, even if the customer has set no limit", async ({
  app,
  openTab,
  customer,
  stack,
}) => {
  await app.open('Usage')
  await customer.recordApiCalls(79)
  await app.expectBalance('api_calls', { left: 21, of: 100 })
  await customer.recordApiCalls(1)
  const { notice, dismiss, link } = app.alertNotice
  await expect(notice).toContainText(texts.usedShare(80, 'look-ups'))
  await expect(notice).toContainText(/your credits renew on \d+ \w+/i)
  await expect.poll(() => stack.mails?.subjects(customer.email)).toEqual([texts.usedShare(80, 'look-ups')])

  const other = await openTab()
  await other.open('Billing')
  await expect(other.alerts).toContainText([texts.usedShare(80, 'look-ups')])
  await other.goTo('Usage')
  await expect(other.usage('api_calls')).toContainText('80 of 100 used')
  await expect(other.alertNotice.notice).toHaveCount(0)

  await link.click()
  await expect(app.heading).toHaveText('Plans')
  await expect(notice).toBeVisible()
  await dismiss.click()
  await expect(notice).toHaveCount(0)
  await app.open('Plans')
  await expect(app.plan('pro_monthly').card).toBeVisible()
  await expect(notice).toHaveCount(0)
})

test('raises one alert if two tabs reach 80% at the same time', async ({
  app: here,
  openTab,
  customer,
  model,
  stack,
}) => {
  await customer.makePictures(7)
  const there = await openTab()
  await Promise.all([here.open(), there.open()])
  model.pausePictures()
  await Promise.all([here.makePictures('a kite'), there.makePictures('another kite')])
  await expect.poll(() => model.picturesInProgress()).toBe(2)
  model.finishPictures()
  for (const tab of [here, there]) {
    await tab.expectBalance('generations', { left: 1, of: 10 })
    // The panel beside the form shows the same alert, so there is no other notice.
    await expect(tab.usageNotice).toContainText(texts.usedShare(90, 'pictures'))
    await expect(tab.alertNotice.notice).toHaveCount(0)
  }
  await here.goTo('Billing')
  await expect(here.alerts).toContainText([texts.usedShare(80, 'pictures')])
  await there.makePictures('a third kite')
  await expect(here.alerts).toContainText([texts.allUsed('pictures'), texts.usedShare(80, 'pictures')])
  await expect
    .poll(() => stack.mails?.subjects(customer.email))
    .toEqual([texts.usedShare(80, 'pictures'), texts.allUsed('pictures')])
})

test('allows more pictures at a limit that only tells the customer', async ({ app, customer, stack }) => {
  await app.open('Billing')
  const limit = app.limit('generations')
  await limit.set(2, { mode: 'Only tell me' })
  await expect(limit.row).toContainText('0 of 2 used')
  await expect(limit.row).toContainText(texts.onlyTells)
  await app.goTo('Studio')
  await app.makePictures('a mill', 2)
  const { notice, link } = app.alertNotice
  await expect(notice).toContainText(texts.limitAllUsed('2 pictures'))
  await expect(notice).toContainText('You can continue')
  await app.makePictures('a second mill')
  await app.expectBalance('generations', { left: 7, of: 10 })
  await expect(app.alert).toHaveCount(0)

  await link.click()
  await expect(app.spendLimits).toBeFocused()
  await expect(app.alerts).toContainText([texts.limitAllUsed('2 pictures')])
  await expect(notice).toHaveCount(0)
  await expect(limit.row).toContainText('3 of 2 used')
  await limit.set(2, { mode: 'Stop' })
  await expect(limit.row).toContainText(texts.stopped)
  // The same call reached both thresholds.
  await expect.poll(() => stack.mails?.subjects(customer.email)).toEqual([texts.limitAllUsed('2 pictures')])
})

test('shows notices on Billing only about alerts that arrive while Billing is open', async ({
  app,
  customer,
}) => {
  await customer.call('billing.setBudget', { meter: 'generations', limit: 5, window: 'month' })
  await customer.makePictures(4)
  await app.open('Billing')
  await expect(app.alerts).toContainText([texts.limitUsed(80, '5 pictures')])
  await customer.recordApiCalls(80)
  const { notice, dismiss } = app.alertNotice
  await expect(notice).toContainText(texts.usedShare(80, 'look-ups'))
  await expect(app.alerts).toHaveCount(2)
  await dismiss.click()
  // After the customer has seen the list, no notice follows.
  await expect(notice).toHaveCount(0)
  await app.goTo('Usage')
  await expect(app.usage('api_calls')).toContainText('80 of 100 used')
  await expect(notice).toHaveCount(0)
})

test('removes a notice that no longer applies', async ({ app, customer }) => {
  await app.open('Usage')
  await customer.recordApiCalls(90)
  await expect(app.alertNotice.notice).toContainText(texts.usedShare(90, 'look-ups'))
  await customer.buy('pro_monthly', cards.paid)
  await app.expectBalance('api_calls', { left: 10_000, of: 10_000 })
  await expect(app.alertNotice.notice).toHaveCount(0)
})
