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

test('charges extra look-ups with an upgrade, shows the same amounts on all screens, and shows no amount due later', async ({
  app,
  records,
  customer,
}) => {
  const extra = '2,500 look-ups beyond'
  await customer.buy('pro_monthly')
  await customer.recordApiCalls(12_500)
  await expect.poll(() => records.balances(customer)).toMatchObject({ api_calls: -2_500 })
  await records.advanceClock(10 * dayMs)
  await app.open('Plans')
  await app.plan('scale_monthly').choose.click()
  await expect(app.confirm).toHaveText(/^Pay \$5\d\.\d\d and upgrade$/)
  const [amount = ''] = (await app.confirm.textContent())?.match(texts.money) ?? []
  await expect(app.dialog).toContainText(`You'll pay ${amount} today`)
  await expect(app.dialog).toContainText(`${extra} Pro`)
  const [price = ''] = (await app.dialog.textContent())?.match(/(?<=Change to Scale)\$\d+\.\d\d/) ?? []
  expect(Number(amount.slice(1)) - Number(price.slice(1))).toBeCloseTo(3)
  await expect(app.dialog).not.toContainText(/pay .* more/i)
  await app.confirm.click()
  await expect(app.status(texts.onPlan('Scale'))).toContainText(`We charged ${amount} to Visa ending in 4242`)

  // Look-ups on Scale are free.
  await customer.recordApiCalls(1_500)
  await app.goTo('Billing')
  const payment = app.payments.getByRole('listitem').first()
  await expect(payment).toContainText(`Change to Scale: ${price}`)
  await expect(payment).toContainText(`${extra} Pro: $3`)
  await expect(payment).toContainText(`${amount}Paid`)
  const receipt = await payment.getByRole('link').getAttribute('href')
  const file = await app.page.request.get(receipt ?? '')
  const lines = (await file.body()).toString('latin1')
  for (const part of [`(${extra} the plan`, '($3.00)', `(${amount})`]) expect(lines).toContain(part)
  await expect(app.nextInvoice).toContainText('$99')
  await expect(app.nextInvoice).not.toContainText(/beyond|up to/i)
  await app.page.getByRole('button', { name: 'Cancel plan' }).click()
  await expect(app.dialog).toContainText('Scale ends')
  await expect(app.dialog).not.toContainText(/beyond|extra/i)

  await app.page.goto(await records.portalUrl(customer))
  const invoice = app.page.getByRole('row', { name: /Change from Pro to Scale/ })
  await expect(invoice).toContainText(`${extra} the plan (3 × $1.00 per 1,000): $3.00`)
  await expect(invoice).toContainText(amount)
  await expect(app.page.getByRole('main')).not.toContainText('for usage beyond the plan')
})
