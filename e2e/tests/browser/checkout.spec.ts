// These tests cover all outcomes of a visit to Flowglad's hosted checkout.
import { cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test('buys nothing when the customer cancels', async ({ app, records, customer }) => {
  await app.open('Plans')
  await app.plan('pro_monthly').choose.click()
  await app.checkout.cancel.click()
  await expect(app.status(texts.nothingBought)).toContainText(texts.nothingCharged)
  await expect(app.planName).toHaveText('Free')
  await app.expectBalance('generations', { left: 10, of: 10 })
  expect(await records.plan(customer)).toBe('free')
  await app.page.reload()
  await app.expectBalance('generations', { left: 10, of: 10 })
  await expect(app.status(texts.nothingBought)).toHaveCount(0)
})

test('charges only the accepted card after another card is declined', async ({ app, records, customer }) => {
  const { checkout } = app
  await app.open('Plans')
  await app.plan('scale_monthly').choose.click()
  for (let attempt = 0; attempt < 2; attempt++) {
    await checkout.card.fill(cards.declined)
    await checkout.submit.click()
    await expect(checkout.problem).toContainText(texts.cardDeclined)
    await expect(checkout.problem).toContainText(texts.nothingCharged)
    expect(await records.plan(customer)).toBe('free')
  }
  await checkout.card.fill(cards.paid)
  await checkout.submit.click()
  await expect(app.status(texts.onPlan('Scale'))).toBeVisible()
  await app.goTo('Billing')
  await expect(app.paymentMethod).toContainText('4242')
  await expect(app.payments.getByRole('listitem')).toHaveCount(1)
  await expect(app.payments).toContainText('Paid')

  // The customer saves a card from the Billing screen and returns to that screen.
  const change = app.paymentMethod.getByRole('button')
  await change.click()
  await checkout.cancel.click()
  await expect(app.status(texts.noCardSaved)).toBeVisible()
  await change.click()
  await checkout.card.fill(cards.declinesRenewals)
  await checkout.submit.click()
  await expect(app.status(texts.cardSaved)).toBeVisible()
  await expect(change).toBeVisible()
  // The screen shows the new card everywhere except in the list of earlier payments.
  await expect(app.paymentMethod).toContainText('Visa ending in 0341')
  await expect(app.nextInvoice).toContainText('Visa ending in 0341')
})

test("adds a pack's credits to the plan's remaining credits", async ({ app, records, customer }) => {
  await customer.makePictures(10)
  await app.open()
  await app.paywall.getByRole('button', { name: /50/ }).click()
  await expect(app.checkout.submit).toContainText('$5.00')
  await app.checkout.submit.click()
  await expect(app.status(texts.packAdded)).toContainText(texts.creditsReady)
  await app.expectBalance('generations', { left: 50, of: 60 })
  await expect(app.planName).toHaveText('Free')
  await expect(app.paywall).toHaveCount(0)
  await app.goTo('Studio')
  await app.makePictures('a fresh start', 4)
  await app.expectBalance('generations', { left: 46, of: 60 })
  await expect.poll(() => records.balances(customer)).toMatchObject({ generations: 46 })
})

test('warns before an upgrade that forfeits pack credits', async ({ app, records, customer }) => {
  await customer.buy('generation_pack')
  await customer.makePictures(8)
  await app.open('Plans')
  const pro = app.plan('pro_monthly')
  await pro.choose.click()
  await expect(app.dialog).toContainText('50 pictures')
  await app.keep.click()
  await expect(app.dialog).toHaveCount(0)
  await expect(app.page).toHaveURL(/pricing/)
  await pro.choose.click()
  await app.confirm.click()
  await app.checkout.submit.click()
  await app.expectBalance('generations', { left: 500, of: 500 })
  await expect.poll(() => records.balances(customer)).toMatchObject({ generations: 500 })
})

test("reports a received payment immediately and shows the new plan after Flowglad's confirmation", async ({
  app,
  network,
  customer,
}) => {
  await app.open('Plans')
  await app.plan('pro_monthly').choose.click()
  await expect(app.checkout.submit).toBeVisible()
  network.fail(`/customers/${customer.id}`, 'unreachable')
  await app.checkout.submit.click()
  await expect(app.status(texts.paymentReceived)).toBeVisible()
  await expect(app.planName).toHaveText('Free')
  await app.goTo('Plans')
  await expect(app.status(texts.paymentReceived)).toBeVisible()
  await expect(app.plan('scale_monthly').card).toContainText(texts.confirmingPayment)
  await expect(app.plan('scale_monthly').choose).toHaveCount(0)
  await expect(app.upgrade).toHaveCount(0)
  await app.goTo('Studio')
  network.restore()
  await expect(app.status(texts.onPlan('Pro'))).toContainText(texts.chargedAndRenews)
  await expect(app.planName).toHaveText('Pro')
  await expect(app.upgrade).toHaveCount(0)
  await app.expectBalance('generations', { left: 500, of: 500 })
  await app.status(texts.onPlan('Pro')).getByRole('button').click()
  await expect(app.upgrade).toBeVisible()
})
