import { describe, expect, it } from 'vitest'
import { cards, dayMs, pay, startStudio } from './studio.ts'

describe('renewal', () => {
  it('replaces recurring credits and keeps credits that never expire', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.use('ada', 'render', 20)
    await studio.renew('ada')
    // The 20 used credits came from the 60 that expire. The balance is 25 credits that never expire plus 60
    // new credits.
    expect(await studio.balances('ada')).toEqual({ render: 85 })
  })

  it('keeps a free plan active without a card and allows an upgrade', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.renew('ada')
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ status: 'active', isFreePlan: true, name: 'Hobby' })
    expect(await studio.subscribe('ada', 'team_price')).toMatchObject({ status: 'active', isFreePlan: false })
  })

  it('carries overage into the next period if usage of the meter is free', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price')
    await studio.use('ada', 'exports', 55)
    await studio.renew('ada')
    expect(await studio.balances('ada')).toMatchObject({ exports: 25 })
  })

  it("deducts a free plan's negative balance from the next period's credits", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.use('ada', 'render', 100)
    expect(await studio.balances('ada')).toEqual({ render: -15 })
    await studio.renew('ada')
    expect(await studio.balances('ada')).toEqual({ render: 45 })
  })

  it('bills overage in whole price units, rounded up, and starts the new period with full credits', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price')
    await studio.use('ada', 'render', 615)
    await studio.renew('ada')
    const { invoices } = await studio.billing('ada')
    // The overage of 15 is billed per 7, rounded up: 3 units at 30 cents each.
    expect(invoices.at(-1)?.invoiceLineItems).toMatchObject([
      { type: 'static', description: 'Team', price: 4900, quantity: 1 },
      { type: 'usage', description: 'Usage: Render minutes at $0.30 per 7', price: 30, quantity: 3 },
    ])
    expect(invoices.at(-1)?.invoice).toMatchObject({ status: 'paid', subtotal: 4990 })
    expect(await studio.balances('ada')).toMatchObject({ render: 600 })
    await studio.renew('ada')
    const later = (await studio.billing('ada')).invoices
    expect(later.at(-1)?.invoice).toMatchObject({ status: 'paid', subtotal: 4900 })
    expect(await studio.balances('ada')).toMatchObject({ render: 600 })
  })

  it("multiplies a plan's credits by the quantity", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price', { quantity: 3 })
    expect(await studio.balances('ada')).toEqual({ render: 1800, exports: 120 })
    await studio.renew('ada')
    expect(await studio.balances('ada')).toEqual({ render: 1800, exports: 120 })
    expect((await studio.billing('ada')).invoices.map(({ invoice }) => invoice.subtotal)).toEqual([
      14700, 14700,
    ])
  })

  it('ends monthly periods on the right day: 31 January, 28 February, 31 March', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 0, 31, 12) })
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price')
    const ends: string[] = []
    for (let i = 0; i < 4; i++) {
      const { currentBillingPeriodEnd } = await studio.plan('ada')
      ends.push(new Date(currentBillingPeriodEnd ?? 0).toISOString().slice(0, 10))
      await studio.renew('ada')
    }
    expect(ends).toEqual(['2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31'])
  })

  it('bills every period that has passed', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 0, 4) })
    await studio.customer('ada')
    await studio.subscribe('ada', 'weekly_price')
    studio.advance(35 * dayMs)
    const { invoices } = await studio.billing('ada')
    expect(invoices.map(({ invoice }) => [invoice.status, invoice.subtotal])).toEqual(
      Array.from({ length: 6 }, () => ['paid', 1500]),
    )
    expect(await studio.balances('ada')).toEqual({ render: 600 })
  })

  it('grants credits at the start of a trial and collects the first payment at its end', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 0, 17) })
    await studio.customer('ada')
    const trial = await studio.subscribe('ada', 'trial_price')
    expect(trial).toMatchObject({
      status: 'trialing',
      billingCycleAnchorDate: Date.UTC(2027, 0, 17),
      currentBillingPeriodEnd: Date.UTC(2027, 0, 31),
    })
    expect(await studio.balances('ada')).toEqual({ render: 600 })
    // The customer's billing doesn't include the invoice for $0.
    expect((await studio.billing('ada')).invoices).toEqual([])
    expect((await studio.node.invoices.list()).data).toMatchObject([{ status: 'paid', subtotal: 0 }])
    studio.advance(14 * dayMs + 1)
    expect(await studio.plan('ada')).toMatchObject({
      status: 'active',
      currentBillingPeriodEnd: Date.UTC(2027, 1, 28),
    })
    expect((await studio.billing('ada')).invoices).toMatchObject([
      { invoice: { status: 'paid', subtotal: 1000 } },
    ])
    await studio.renew('ada')
    expect((await studio.plan('ada')).currentBillingPeriodEnd).toBe(Date.UTC(2027, 2, 31))
  })

  it('invoices $0 plus the overage for a free plan with a card', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.plan('ada')
    const { url } = await studio.server('ada').createAddPaymentMethodCheckoutSession({
      targetSubscriptionId: id,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    })
    expect((await pay(url)).status).toBe(303)
    await studio.renew('ada')
    await studio.use('ada', 'render', 100)
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ id, status: 'active', isFreePlan: true })
    expect((await studio.billing('ada')).invoices).toMatchObject([
      {
        invoice: { status: 'paid', subtotal: 0, billingRunId: null },
        invoiceLineItems: [{ description: 'Hobby', price: 0, quantity: 1 }],
      },
      {
        invoice: { status: 'paid', subtotal: 90 },
        invoiceLineItems: [{ price: 0 }, { price: 30, quantity: 3 }],
      },
    ])
    expect((await studio.node.payments.list()).data).toMatchObject([{ amount: 90 }])
    expect(await studio.balances('ada')).toEqual({ render: 60 })
  })

  it('gives a customer only one trial', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'trial_price')
    await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'immediately' } })
    expect((await studio.subscribe('ada', 'trial_price')).status).toBe('active')
    expect((await studio.billing('ada')).invoices).toHaveLength(1)
  })
})

describe('failed payments', () => {
  it('ends a never-paid subscription after a failed payment, even after a trial', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'trial_price', { card: cards.failsLater })
    await studio.renew('ada')
    expect((await studio.node.subscriptions.retrieve(id)).subscription.status).toBe('canceled')
    expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true })
  })

  it('makes a subscription past due after a failed renewal and retries the payment after 3, 5 and 5 days', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await studio.renew('ada')
    const failures = async () => {
      const { data } = await studio.node.payments.list({ limit: '100' })
      return data.filter((payment) => payment.status === 'failed').length
    }
    expect((await studio.plan('ada')).status).toBe('past_due')
    const counts = [await failures()]
    for (const days of [2, 1, 4, 1, 5, 10]) {
      studio.advance(days * dayMs)
      counts.push(await failures())
    }
    expect(counts).toEqual([1, 1, 2, 2, 3, 4, 4])
    expect((await studio.plan('ada')).status).toBe('past_due')
  })

  it('bills the same overage only once if several invoices are open', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 0, 4) })
    await studio.customer('ada')
    const plan = await studio.subscribe('ada', 'weekly_price', { card: cards.failsLater })
    await studio.use('ada', 'render', 615)
    studio.advance(7 * dayMs)
    await studio.use('ada', 'render', 607)
    studio.advance(7 * dayMs)
    const subtotals = async () =>
      (await studio.billing('ada')).invoices.map(({ invoice }) => [invoice.status, invoice.subtotal])
    // The first overage of 15 is billed as 3 units at 30 cents each, and the next 7 as 1 unit.
    expect(await subtotals()).toEqual([
      ['paid', 1500],
      ['open', 1590],
      ['open', 1530],
    ])
    const { url } = await studio.server('ada').createAddPaymentMethodCheckoutSession({
      targetSubscriptionId: plan.id,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    })
    await pay(url)
    studio.advance(6 * dayMs)
    expect((await subtotals()).map(([status]) => status)).toEqual(['paid', 'paid', 'paid'])
    expect(await studio.balances('ada')).toEqual({ render: 600 })
  })

  it('collects a failed payment at the next retry once a working card is saved', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const plan = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await studio.renew('ada')
    const { url } = await studio.server('ada').createAddPaymentMethodCheckoutSession({
      targetSubscriptionId: plan.id,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    })
    expect((await pay(url)).status).toBe(303)
    studio.advance(3 * dayMs)
    expect((await studio.plan('ada')).status).toBe('active')
    expect((await studio.billing('ada')).invoices.map(({ invoice }) => invoice.status)).toEqual([
      'paid',
      'paid',
    ])
  })
})

it('ends a plan after a failed renewal if its only payment was refunded', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  const { data } = await studio.node.payments.list()
  await studio.node.payments.refund(data[0]?.id ?? '', {})
  await studio.renew('ada')
  expect((await studio.node.subscriptions.retrieve(id)).subscription.status).toBe('canceled')
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true, status: 'active' })
})
