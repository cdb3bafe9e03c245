import { describe, expect, it } from 'vitest'
import { cards, dayMs, pay, startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

it('shows the plan, its price, its grants and the test cards', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { url } = await studio.checkout('ada', 'team_price', 3)
  const page = await (await fetch(url)).text()
  for (const text of [
    'Team',
    '$147.00',
    '1,800 render minutes',
    '120 exports',
    '6 seats',
    'No watermark',
    cards.declined,
  ])
    expect(page).toContain(text)
})

it('replaces the free plan and returns to the application after a payment', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const free = await studio.plan('ada')
  const { session, pay } = await studio.checkout('ada', 'team_price')
  const answer = await pay()
  expect([answer.status, answer.headers.get('location')]).toEqual([303, session.successUrl])
  expect(await studio.plan('ada')).toMatchObject({ name: 'Team - Team', status: 'active' })
  const { subscriptions, purchases, paymentMethods } = await studio.billing('ada')
  expect(subscriptions.find((s) => s.id === free.id)).toMatchObject({
    status: 'canceled',
    cancellationReason: 'upgraded_to_paid',
  })
  expect(purchases).toMatchObject([{ status: 'paid', name: 'Team' }])
  expect(paymentMethods).toMatchObject([{ default: true, paymentMethodData: { last4: '4242' } }])
})

it.each([
  ['http://127.0.0.1/€/danke', 'http://127.0.0.1/%E2%82%AC/danke'],
  ['http://127.0.0.1/thanks\r\nset-cookie: a=b', 'http://127.0.0.1/thanksset-cookie:%20a=b'],
])('URL-encodes %j before redirecting the payer', async (successUrl, location) => {
  await using studio = await startStudio()
  const customerExternalId = await studio.customer('ada')
  const { url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId,
      priceSlug: 'render_pack',
      successUrl,
      cancelUrl: successUrl,
    },
  })
  for (let time = 0; time < 2; time++) {
    const answer = await pay(url)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, location])
  }
})

it('records the quantity in the item and the invoice but not in the purchase', async () => {
  await using studio = await startStudio()
  const customerExternalId = await studio.customer('ada')
  const { url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId,
      priceSlug: 'team_price',
      quantity: 3,
      outputName: 'Team for three',
      outputMetadata: { seller: 'grace' },
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    },
  })
  await pay(url)
  expect((await studio.plan('ada')).subscriptionItems).toMatchObject([{ name: 'Team x 3', quantity: 3 }])
  const { invoices, purchases } = await studio.billing('ada')
  expect(invoices).toMatchObject([{ invoiceLineItems: [{ description: 'Team x 3', quantity: 3 }] }])
  expect(purchases).toMatchObject([{ name: 'Team for three', quantity: 1, metadata: { seller: 'grace' } }])
  await studio.renew('ada')
  expect((await studio.plan('ada')).name).toBe('Team x 3')
})

it('grants the full credits but charges only for the rest of the period if the billing cycle anchor is preserved', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  const customerExternalId = await studio.customer('ada')
  studio.advance(10 * dayMs)
  const { url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId,
      priceSlug: 'team_price',
      quantity: 2,
      preserveBillingCycleAnchor: true,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    },
  })
  expect(await (await fetch(url)).text()).toContain('Pay $65.34')
  await pay(url)
  expect(await studio.plan('ada')).toMatchObject({
    startDate: Date.UTC(2027, 3, 11),
    currentBillingPeriodStart: Date.UTC(2027, 3, 1),
    currentBillingPeriodEnd: Date.UTC(2027, 4, 1),
    billingCycleAnchorDate: Date.UTC(2027, 3, 1),
    status: 'active',
  })
  expect(await studio.balances('ada')).toEqual({ render: 1200, exports: 80 })
  const [first] = (await studio.billing('ada')).invoices
  expect(first).toMatchObject({
    invoice: { status: 'paid', subtotal: 6534, billingPeriodStartDate: Date.UTC(2027, 3, 1) },
    invoiceLineItems: [
      {
        description:
          'Prorated: Team x 2 - Prorated charge for 66.7% of billing period (2027-04-11 to 2027-05-01)',
        price: 3267,
        quantity: 2,
      },
    ],
  })
  await studio.renew('ada')
  expect(await studio.plan('ada')).toMatchObject({
    currentBillingPeriodStart: Date.UTC(2027, 4, 1),
    currentBillingPeriodEnd: Date.UTC(2027, 5, 1),
  })
  expect((await studio.billing('ada')).invoices[1]).toMatchObject({ invoice: { subtotal: 9800 } })
})

it('leaves the checkout open for another card when a card is declined', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { session, pay } = await studio.checkout('ada', 'team_price')
  const declined = await pay(cards.declined)
  expect([declined.status, await declined.text()]).toEqual([
    402,
    expect.stringContaining('Your card was declined'),
  ])
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true })
  const { checkoutSession } = await studio.node.checkoutSessions.retrieve(session.id)
  expect(checkoutSession.status).toBe('open')
  expect((await pay()).status).toBe(303)
})

it('charges a card that needs confirmation only after the customer confirms', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { url } = await studio.checkout('ada', 'team_price')
  const asked = await pay(url, cards.asks)
  expect([asked.status, await asked.text()]).toEqual([200, expect.stringContaining('asks you to confirm')])
  expect((await pay(url, cards.asks, { confirmed: 'no' })).status).toBe(402)
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true })
  expect((await pay(url, cards.asks, { confirmed: 'yes' })).status).toBe(303)
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: false })
})

it('charges only once when the form is submitted several times', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { pay } = await studio.checkout('ada', 'render_pack')
  const answers = await Promise.all([pay(), pay(), pay()])
  expect(answers.map((answer) => answer.status)).toEqual([303, 303, 303])
  expect(await studio.balances('ada')).toEqual({ render: 185 })
  expect((await studio.billing('ada')).invoices).toHaveLength(1)
})

it('sells one top-up whose credits never expire, regardless of the quantity', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { pay } = await studio.checkout('ada', 'render_pack', 3)
  await pay()
  expect((await studio.billing('ada')).invoices).toMatchObject([{ invoice: { subtotal: 1200 } }])
  await studio.renew('ada')
  // The pack's feature is recurring, but a purchase grants the pack's credits only once, and they never expire.
  expect(await studio.balances('ada')).toEqual({ render: 60 + 25 + 100 })
})

it('grants only the first credit feature of a purchase', async () => {
  const products = studioPricing.products.map((item) =>
    item.product.slug === 'pack'
      ? { ...item, features: ['pack_render', 'team_exports', 'team_render'] }
      : item,
  )
  await using studio = await startStudio({ pricing: { ...studioPricing, products } })
  await studio.customer('ada')
  const { pay } = await studio.checkout('ada', 'render_pack')
  await pay()
  expect(await studio.balances('ada')).toEqual({ render: 60 + 25 + 600 })
})

it('rejects a second paid plan', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { session, pay } = await studio.checkout('ada', 'agency_price')
  const answer = await pay()
  expect([answer.status, await answer.text()]).toEqual([
    402,
    expect.stringContaining('You already have a plan'),
  ])
  const completed = await fetch(`${studio.url}/__test__/checkout-sessions/${session.id}/complete`, {
    method: 'POST',
    body: '{}',
  })
  expect(completed.status).toBe(500)
  expect((await studio.billing('ada')).invoices).toHaveLength(1)
})

it('does not replace the free plan with another free plan', async () => {
  await using studio = await startStudio()
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  await studio.node.products.create({
    product: { name: 'Gift', slug: 'gift', active: true, pricingModelId: pricingModel.id },
    price: {
      type: 'subscription',
      slug: 'gift_price',
      unitPrice: 0,
      isDefault: true,
      active: true,
      intervalUnit: 'month',
      intervalCount: 1,
    },
  } as never)
  await studio.customer('ada')
  const { pay } = await studio.checkout('ada', 'gift_price')
  const answer = await pay()
  expect([answer.status, await answer.text()]).toEqual([
    402,
    expect.stringContaining('You already have a plan'),
  ])
  expect((await studio.plan('ada')).name).toBe('Hobby Subscription')
})

it('expires an open checkout after a day', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { url, pay } = await studio.checkout('ada', 'team_price')
  studio.advance(dayMs)
  expect((await fetch(url)).status).toBe(410)
  expect((await pay()).status).toBe(410)
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true })
})

describe('the checkout page', () => {
  it("escapes markup in a customer's name", async () => {
    await using studio = await startStudio()
    await studio.node.customers.create({
      customer: { externalId: 'x', name: '"><script>alert(1)</script>', email: "'><img>" },
    })
    const { url } = await studio.checkout('x', 'team_price')
    for (const page of [url, studio.url, `${studio.url}/?customer=x`]) {
      const html = await (await fetch(page)).text()
      expect(html).not.toMatch(/<script>|<img/)
    }
  })

  it('rejects forms from another site', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { url } = await studio.checkout('ada', 'team_price')
    const answer = await fetch(url, {
      method: 'POST',
      headers: { origin: 'https://elsewhere.example' },
      body: new URLSearchParams({}),
    })
    expect(answer.status).toBe(403)
  })
})

it('completes and declines checkouts over HTTP only if test controls are on', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { session } = await studio.checkout('ada', 'team_price')
  const complete = (base: string, body: object) =>
    fetch(`${base}/__test__/checkout-sessions/${session.id}/complete`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
  expect((await complete(studio.url, { outcome: 'declined' })).status).toBe(200)
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true })
  expect((await complete(studio.url, {})).status).toBe(200)
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: false })
  await using locked = await startStudio({ testControls: false })
  expect((await complete(locked.url, {})).status).toBe(404)
})
