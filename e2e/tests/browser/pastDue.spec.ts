import { cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test.use({ stackOptions: { movesClock: true } })

const dayMs = 86_400_000

test('keeps an unpaid plan for a week and then allows only the free credits until the customer pays', async ({
  app,
  records,
  customer,
}) => {
  await customer.buy('pro_monthly', cards.declinesRenewals)
  await app.open()
  await expect(app.planName).toHaveText('Pro')
  await records.advanceClock(32 * dayMs)
  await app.page.reload()
  await expect(app.status(texts.paymentFailed)).toContainText(texts.amountDue)
  const payNow = app.page.getByText('Pay now', { exact: true })
  await expect(app.status(texts.paymentFailed).getByRole('button', { name: 'Pay now' })).toBeVisible()
  await app.expectBalance('generations', { left: 500, of: 500 })
  await app.goTo('Usage')
  await expect(app.usage('generations')).toContainText(texts.endsUnlessPaid)
  await app.goTo('Studio')

  await records.advanceClock(8 * dayMs)
  await app.page.reload()
  await expect(app.page.getByText(texts.paymentOverdue)).toBeVisible()
  await app.expectBalance('generations', { left: 10, of: 10 })
  await app.hd.click()
  await app.makePictures('an unpaid sea')
  const denial = app.page.getByRole('alert')
  await expect(denial).toContainText(texts.paymentOverdue)
  await expect(denial).toContainText(texts.nothingCharged)

  await expect(payNow).toHaveCount(1)
  await denial.getByRole('link', { name: 'Go to billing' }).click()
  await expect(app.page.getByTestId('subscription')).toContainText(texts.paymentOverdue)
  await expect(app.subscription).toContainText(texts.amountDue)
  await expect(payNow).toHaveCount(1)
  await expect(app.nextInvoice).toContainText(texts.notOnNextInvoice)
  await app.goTo('Plans')
  await expect(app.status(texts.paymentOverdue)).toContainText(texts.amountDue)
  await expect(payNow).toHaveCount(1)
  await app.status(texts.paymentOverdue).getByRole('button', { name: 'Pay now' }).click()
  await app.checkout.card.fill(cards.paid)
  await app.checkout.submit.click()
  await expect(app.status(texts.paymentReceived)).toContainText(texts.chargedAndRenews)
  await expect(app.page.getByText(texts.paymentOverdue)).toHaveCount(0)
  await app.expectBalance('generations', { left: 500, of: 500 })
})

test('asks a customer who cancels an unpaid plan to keep it first, and then lets the customer pay', async ({
  app,
  records,
  customer,
}) => {
  await customer.buy('scale_monthly', cards.declinesRenewals)
  await records.advanceClock(40 * dayMs)
  await app.open()
  await expect(app.page.getByText(texts.paymentOverdue)).toBeVisible()
  await app.expectBalance('generations', { left: 10, of: 10 })
  await expect(app.panel).not.toContainText(texts.fromPacks)
  await app.goTo('Usage')
  await expect(app.usage('api_calls')).toBeVisible()
  await expect(app.usage('api_calls')).not.toContainText(texts.fromPacks)

  await app.goTo('Billing')
  const payNow = app.subscription.getByRole('button', { name: 'Pay now' })
  await expect(payNow).toBeVisible()
  await app.subscription.getByRole('button', { name: 'Cancel plan' }).click()
  await expect(app.dialog).toContainText(texts.dueOnlyIfKept)
  await expect(app.dialog).not.toContainText(texts.fromPacks)
  await app.confirm.click()
  await expect(app.subscription).toContainText(texts.keepFirst)
  await expect(payNow).toHaveCount(0)
  await app.goTo('Plans')
  await expect(app.status(texts.keepFirst)).toContainText('Free starts')
  await expect(app.status('Scale ends')).toHaveCount(1)
  await expect(app.page.getByText('Pay now', { exact: true })).toHaveCount(0)
  await expect(app.page.getByText(texts.keepsCredits)).toHaveCount(0)

  await app.page.getByRole('button', { name: 'Keep Scale' }).click()
  await expect(app.status(texts.keepFirst)).toHaveCount(0)
  await app.status(texts.paymentOverdue).getByRole('button', { name: 'Pay now' }).click()
  await app.checkout.card.fill(cards.paid)
  await app.checkout.submit.click()
  await expect(app.status(texts.paymentReceived)).toBeVisible()
  await expect(app.page.getByText(texts.paymentOverdue)).toHaveCount(0)
})
