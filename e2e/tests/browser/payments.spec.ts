// These tests check that Billing lists each payment with its reason and card, and the next payment.
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test.use({ stackOptions: { movesClock: true } })

const dayMs = 86_400_000

test("shows an upgrade's price, charges it and lists the payment with its receipt", async ({
  app,
  records,
  customer,
}) => {
  await customer.buy('pro_monthly')
  await records.advanceClock(10 * dayMs)
  await app.open('Plans')
  await app.plan('scale_monthly').choose.click()
  await expect(app.dialog).toContainText(texts.paysToday)
  await expect(app.dialog).toContainText(texts.proratedTokens)
  const [amount] = (await app.confirm.textContent())?.match(texts.money) ?? []
  expect(amount).toMatch(/\.\d\d$/)
  await app.confirm.click()
  await expect(app.status(texts.onPlan('Scale'))).toContainText(`We charged ${amount} to Visa ending in 4242`)

  await app.goTo('Billing')
  const payment = app.payments.getByRole('listitem')
  await expect(payment).toHaveCount(2)
  await expect(payment.first()).toContainText('Change to Scale')
  await expect(payment.first()).toContainText(texts.changeReason)
  await expect(payment.first()).toContainText(`${amount}Paid`)
  await expect(payment.first()).toContainText('Visa ending in 4242')
  await expect(app.nextInvoice).toContainText('$99')
  await expect(app.nextInvoice).toContainText('Visa ending in 4242')
  const receipt = await payment.first().getByRole('link').getAttribute('href')
  const file = await app.page.request.get(receipt ?? '')
  expect(file.headers()['content-type']).toBe('application/pdf')
  expect((await file.body()).subarray(0, 5).toString()).toBe('%PDF-')
})

test('shows the newest payment on a phone without scrolling', async ({ app, customer }) => {
  await customer.buy('pro_monthly')
  await app.page.setViewportSize({ width: 360, height: 740 })
  await app.open('Billing')
  await expect(app.nextInvoice).toBeVisible()
  const amount = app.payments.getByText('$20')
  await expect(amount).toBeInViewport({ ratio: 1 })
  const nav = await app.page.locator('header nav').boundingBox()
  const box = await amount.boundingBox()
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(nav?.y ?? 0)
})

test('shows on a phone what a plan change charged or scheduled', async ({ app, customer }) => {
  await customer.buy('pro_monthly')
  await app.page.setViewportSize({ width: 360, height: 740 })
  await app.open('Plans')
  await app.plan('scale_monthly').choose.click()
  await expect(app.confirm).toContainText(texts.money)
  await app.confirm.click()
  await expect(app.status(texts.onPlan('Scale')).getByText('We charged')).toBeInViewport({ ratio: 1 })

  await app.plan('free').choose.click()
  await app.confirm.click()
  await expect(app.status(/^Scale ends on/).getByRole('button')).toBeInViewport({ ratio: 1 })
})

test('shows the cost of extra look-ups on the Studio and Usage screens and in the next invoice', async ({
  app,
  customer,
}) => {
  await customer.buy('pro_monthly')
  await customer.recordApiCalls(10_001)
  await app.open()
  await app.openLookUp()
  await expect(app.usageNotice).toContainText(texts.extraLookUps)
  await app.goTo('Usage')
  await expect(app.usage('api_calls')).toContainText(texts.extraLookUps)
  await expect(app.nextInvoice).toContainText('$21')
})
