import { expect, it } from 'vitest'
import { cards, dayMs, pay, startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

/** Returns the rows of the customer's invoices in the billing portal, as text. */
async function invoiceRows(studio: Studio, externalId: string) {
  const { billingPortalUrl } = await studio.billing(externalId)
  const page = await (await fetch(`${billingPortalUrl}/${externalId}`)).text()
  const table = /aria-label="Invoices".*?<tbody>(.*?)<\/tbody>/s.exec(page)?.[1] ?? ''
  return table
    .split('</tr>')
    .map((row) =>
      row
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((row) => row !== '')
}

const receipt = async (url: string | null | undefined) =>
  Buffer.from(await (await fetch(url ?? '')).arrayBuffer()).toString('latin1')

const changeTo = (priceSlug: string, quantity = 1) => ({
  adjustment: { timing: 'auto' as const, newSubscriptionItems: [{ priceSlug, quantity }] },
})

it('names both plans of a plan change and the parts of its price, in the portal and on the receipt', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  studio.advance(15 * dayMs)
  await studio.node.subscriptions.adjust(id, changeTo('agency_price'))
  const [change, first] = await invoiceRows(studio, 'ada')
  expect(change).toContain(
    ' Change from Team to Agency, prorated Agency, 16 Apr 2027 – 1 May 2027: $99.50 Unused Team: −$24.50 Paid $75.00 ',
  )
  expect(first).toMatch(/ 1 Apr 2027 Team Paid \$49\.00 /)
  const text = await receipt((await studio.node.payments.list()).data.at(-1)?.receiptURL)
  for (const part of [
    'Change from Team to Agency, prorated',
    'Agency, 16 Apr 2027 - 1 May 2027',
    '$99.50',
    'Unused Team',
    '-$24.50',
    '$75.00',
  ])
    expect(text).toContain(`(${part})`)
  expect(text).toContain('(Visa ending in 4242)')
  expect(text).not.toContain('(Team)')
})

it('lists the credit for earlier payments in a second plan change', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  studio.advance(15 * dayMs)
  await studio.node.subscriptions.adjust(id, changeTo('agency_price'))
  await studio.node.subscriptions.adjust(id, changeTo('agency_price', 2))
  expect((await invoiceRows(studio, 'ada'))[0]).toContain(
    ' Change from Agency to Agency × 2, prorated Agency × 2, 16 Apr 2027 – 1 May 2027: $199.00 Credit for earlier payments: −$24.50 Paid $174.50 ',
  )
})

it('lists the overage that a plan change charges, in the portal and on the receipt', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.use('ada', 'render', 615)
  studio.advance(15 * dayMs)
  await studio.node.subscriptions.adjust(id, changeTo('agency_price'))
  expect((await invoiceRows(studio, 'ada'))[0]).toContain(
    ' Unused Team: −$24.50 15 render minutes beyond the plan (3 × $0.30 per 7): $0.90 Paid $75.90 ',
  )
  const text = await receipt((await studio.node.payments.list()).data.at(-1)?.receiptURL)
  expect(text).toContain('15 render minutes beyond the plan')
  expect(text).toContain('($75.90)')
  const { billingPortalUrl } = await studio.billing('ada')
  const page = await (await fetch(`${billingPortalUrl}/ada`)).text()
  expect(page).not.toContain('for usage beyond the plan')
})

it('adds the used part of an unpaid plan to the price of a plan change', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  studio.advance(30 * dayMs)
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  await studio.node.subscriptions.uncancel(id, { body: {} })
  const { url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'add_payment_method',
      customerExternalId: 'ada',
      targetSubscriptionId: id,
      successUrl: studio.url,
      cancelUrl: studio.url,
    },
  })
  await pay(url)
  studio.advance(15.5 * dayMs)
  await studio.node.subscriptions.adjust(id, changeTo('agency_price'))
  expect((await invoiceRows(studio, 'ada'))[0]).toContain(
    ' Change from Team to Agency, prorated Agency, 16 May 2027 – 1 Jun 2027: $99.50 Team until 16 May 2027: $24.50 Paid $124.00 ',
  )
})

it('says that the payment of a canceled plan is due only if the customer keeps the plan', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  studio.advance(30 * dayMs)
  const portal = async () => {
    const { billingPortalUrl } = await studio.billing('ada')
    return (await fetch(`${billingPortalUrl}/ada`)).text()
  }
  expect(await portal()).toContain('The last payment of $49.00 failed. We will try again on 4 May 2027.')
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  expect(await portal()).toContain('The last payment of $49.00 failed. It is due only if you keep the plan.')
})

it('shows the amount of a declined plan change without the paid lines that its invoice repeats', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  studio.advance(15 * dayMs)
  const change = studio.node.subscriptions.adjust(id, changeTo('agency_price'))
  await expect(change).rejects.toThrow('500')
  expect((await invoiceRows(studio, 'ada'))[0]).toMatch(
    /Change from Team to Agency, .* Declined, nothing due \$75\.00$/,
  )
})

it('says that the unpaid renewal of an ended plan is no longer due', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  await studio.renew('ada')
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  // The customer can still undo the cancellation and pay.
  expect((await invoiceRows(studio, 'ada'))[0]).toMatch(/ Team Open \$49\.00$/)
  await studio.renew('ada')
  expect((await invoiceRows(studio, 'ada'))[0]).toMatch(
    / Team The plan ended on 1 Jun 2027, so this invoice is no longer collected\. Unpaid, nothing due \$49\.00$/,
  )
  const { invoices } = await studio.billing('ada')
  expect(invoices.at(-1)?.invoice.status).toBe('open')
})

it('shows an unpaid renewal as open only until Flowglad bills a later period', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  await studio.renew('ada')
  expect((await invoiceRows(studio, 'ada'))[0]).toMatch(/ Team Open \$49\.00$/)
  await studio.renew('ada')
  const [second, first] = await invoiceRows(studio, 'ada')
  expect(second).toMatch(/ Team Open \$49\.00$/)
  expect(first).toMatch(/ Team A later invoice replaces this invoice\. Unpaid, nothing due \$49\.00$/)
})

it('shows the quantity and the used units of each line, with thousands separators', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price', { quantity: 2 })
  await studio.use('ada', 'render', 20_000)
  await studio.renew('ada')
  const [renewal] = await invoiceRows(studio, 'ada')
  expect(renewal).toContain(
    ' Team x 2: $98.00 18,800 render minutes beyond the plan (2,686 × $0.30 per 7): $805.80 Paid $903.80 ',
  )
  const text = await receipt((await studio.node.payments.list()).data.at(-1)?.receiptURL)
  expect(text).toContain('(Team x 2)')
  expect(text).toContain('18,800 render minutes beyond the plan')
  expect(text).toMatch(/\(Billing period\).*\(1 May 2027 - 1 Jun 2027\)/s)
})

it("lists an invoice's discount, so that the lines add up to the total", async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  await studio.node.discounts.create({
    discount: { name: 'Half', code: 'half', amount: 50, amountType: 'percent', duration: 'forever' },
  })
  const { url } = await studio.checkout('ada', 'team_price')
  const code = new URLSearchParams({ code: 'half' })
  await fetch(`${url}/discount`, { method: 'POST', redirect: 'manual', body: code })
  await pay(url)
  expect((await invoiceRows(studio, 'ada'))[0]).toContain(' Team: $49.00 Discount: −$24.50 Paid $24.50 ')
  studio.advance(15 * dayMs)
  await studio.node.subscriptions.adjust((await studio.plan('ada')).id, changeTo('agency_price'))
  expect((await invoiceRows(studio, 'ada'))[0]).toContain(
    ' Agency, 16 Apr 2027 – 1 May 2027: $99.50 Discount: −$49.75 Paid $49.75 ',
  )
})

it('shows the dates that a prorated invoice line covers', async () => {
  let now = Date.UTC(2027, 3, 1)
  await using studio = await startStudio({ clock: () => now })
  await studio.customer('ada')
  now = Date.UTC(2027, 3, 11)
  const { url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      quantity: 2,
      preserveBillingCycleAnchor: true,
      successUrl: studio.url,
      cancelUrl: studio.url,
    },
  })
  await pay(url)
  expect((await invoiceRows(studio, 'ada'))[0]).toContain(
    ' Team x 2, prorated for 11 Apr 2027 – 1 May 2027 Paid $65.34 ',
  )
})

it('links each paid invoice to its receipt', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { billingPortalUrl } = await studio.billing('ada')
  const page = await (await fetch(`${billingPortalUrl}/ada`)).text()
  const [payment] = (await studio.node.payments.list()).data
  const address = /href="(\/receipts\/[^"]+)"/.exec(page)?.[1]
  expect(`${studio.url}${address}`).toBe(payment?.receiptURL)
})
