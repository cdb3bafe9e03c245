import { describe, expect, it } from 'vitest'
import { cards, pay, startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const atPeriodEnd = { cancellation: { timing: 'at_end_of_current_billing_period' } } as const
const urls = { successUrl: 'http://127.0.0.1/thanks', cancelUrl: 'http://127.0.0.1/back' }

const open = async (studio: Studio, checkoutSession: object) =>
  studio.node.checkoutSessions.create({ checkoutSession: { ...urls, ...checkoutSession } as never })

/**
 * Returns the status and the error of a rejected request. The error is either a message, or the code and path
 * of each issue.
 */
const rejectionOf = async (studio: Studio, checkoutSession: object) => {
  const answer = await fetch(`${studio.url}/api/v1/checkout-sessions`, {
    method: 'POST',
    headers: { authorization: studio.key, 'content-type': 'application/json' },
    body: JSON.stringify({ checkoutSession }),
  })
  const { error } = (await answer.json()) as { error: unknown }
  const shown = Array.isArray(error) ? error.map(({ code, path }) => [code, path.join('.')]) : error
  return [answer.status, shown]
}

describe('opening a session', () => {
  it('reports invalid input in field order', async () => {
    await using studio = await startStudio()
    const product = { ...urls, type: 'product', customerExternalId: 'ada', priceSlug: 'team_price' }
    for (const [input, issues] of [
      [
        { type: 'product' },
        [
          ['invalid_type', 'customerExternalId'],
          ['invalid_type', 'successUrl'],
          ['invalid_type', 'cancelUrl'],
        ],
      ],
      [{ ...urls, type: 'product' }, [['invalid_type', 'customerExternalId']]],
      [{ ...product, customerExternalId: null }, [['invalid_type', 'customerExternalId']]],
      [{ ...product, anonymous: true }, [['invalid_type', 'customerExternalId']]],
      [{ ...product, anonymous: null }, [['invalid_union', 'anonymous']]],
      [{ ...product, priceId: null }, [['invalid_type', 'priceId']]],
      [{ ...product, priceSlug: undefined }, [['custom', 'priceId']]],
      [{ ...product, outputName: null }, [['invalid_type', 'outputName']]],
      [{ ...product, type: 'activate_subscription' }, [['invalid_type', 'targetSubscriptionId']]],
      [
        { ...product, type: 'add_payment_method', targetSubscriptionId: null },
        [['invalid_type', 'targetSubscriptionId']],
      ],
    ] as const)
      expect(await rejectionOf(studio, input)).toEqual([
        400,
        issues.map(([code, path]) => [code, `checkoutSession.${path}`]),
      ])
  })

  it("rejects an unknown customer, price or subscription with the platform's message", async () => {
    await using studio = await startStudio()
    const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
    const team = pricingModel.products.find(({ slug }) => slug === 'team')
    const priceId = team?.prices[0]?.id
    await studio.customer('ada')
    await studio.customer('bob')
    const plan = await studio.plan('ada')
    const product = { ...urls, type: 'product' }
    const activate = { ...urls, type: 'activate_subscription', targetSubscriptionId: plan.id }
    const { customer } = await studio.billing('bob')
    for (const [input, text] of [
      [
        { ...product, customerExternalId: 'eve', priceId },
        `Invalid checkoutSession: Required customer not found for Product checkout (anonymous=false). externalId='eve', organization='${plan.organizationId}'.`,
      ],
      [
        { ...product, customerExternalId: 'eve', priceId: 'price_none' },
        'Invalid priceId: Invalid or not-found price ID: no matching price found for id "price_none"',
      ],
      [
        { ...product, anonymous: true, priceSlug: 'none' },
        `Invalid priceSlug: Price with slug "none" not found in organization's default pricing model`,
      ],
      [
        { ...urls, type: 'add_payment_method', customerExternalId: 'eve' },
        'Invalid checkoutSession: Customer is required for add payment method checkout sessions',
      ],
      [
        { ...activate, customerExternalId: 'eve' },
        'Invalid customer: Customer is required for activate subscription checkout sessions',
      ],
      [
        { ...activate, customerExternalId: 'bob' },
        `Invalid targetSubscriptionId: Target subscription ${plan.id} does not belong to customer ${customer.id}`,
      ],
      [
        { ...activate, customerExternalId: 'eve', targetSubscriptionId: 'sub_none' },
        'Invalid targetSubscriptionId: Target subscription sub_none not found',
      ],
    ] as const)
      expect(await rejectionOf(studio, input)).toEqual([500, text])
    const [, wrongUrls] = await rejectionOf(studio, {
      ...{ ...product, customerExternalId: 'ada', priceId },
      successUrl: 'here',
      cancelUrl: 'there',
    })
    expect(wrongUrls).toMatch(/"successUrl".*"cancelUrl"/s)
    const quantity = (amount: number) =>
      rejectionOf(studio, { ...product, customerExternalId: 'ada', priceId, quantity: amount })
    expect(await quantity(2 ** 31)).toEqual([
      500,
      `Failed to insert item into checkout_sessions: Failed to insert items into checkout_sessions: ${JSON.stringify(
        [
          {
            origin: 'number',
            code: 'too_big',
            maximum: 2 ** 31 - 1,
            inclusive: true,
            path: ['quantity'],
            message: 'Too big: expected number to be <=2147483647',
          },
        ],
        null,
        2,
      )}`,
    ])
    expect(await quantity(2 ** 53)).toEqual([400, [['too_big', 'checkoutSession.quantity']]])
    expect(await studio.node.checkoutSessions.list()).toMatchObject({ total: 0 })
  })

  it("prefers a product's price to a usage price with the same slug", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
    const renewing = {
      intervalUnit: 'month',
      intervalCount: 1,
      isDefault: true,
      unitPrice: 700,
      slug: 'both',
    } as const
    const usageMeterId = pricingModel.usageMeters[0]?.id ?? ''
    await studio.node.prices.create({
      price: { ...renewing, type: 'usage', usageMeterId, usageEventsPerUnit: 1 },
    })
    const { product } = await studio.node.products.create({
      product: { name: 'Writer', slug: 'writer', active: true, pricingModelId: pricingModel.id },
      price: { ...renewing, type: 'subscription' },
    })
    const session = { ...urls, type: 'product', customerExternalId: 'ada', priceSlug: 'both' } as const
    const { checkoutSession } = await studio.node.checkoutSessions.create({ checkoutSession: session })
    expect((await studio.node.products.retrieve(product.id)).prices).toMatchObject([
      { id: checkoutSession.priceId },
    ])
  })

  it('looks up the price slug of an anonymous checkout only in the default pricing model', async () => {
    await using studio = await startStudio()
    const session = { ...urls, type: 'product', anonymous: true, priceSlug: 'team_price' }
    await open(studio, session)
    await studio.node.pricingModels.create({ pricingModel: { name: 'Other', isDefault: true } })
    expect(await rejectionOf(studio, session)).toEqual([
      500,
      `Invalid priceSlug: Price with slug "team_price" not found in organization's default pricing model`,
    ])
    await studio.customer('ada')
    const { anonymous: _, ...identified } = { ...session, customerExternalId: 'ada' }
    expect((await open(studio, identified)).checkoutSession.priceId).toEqual(expect.any(String))
  })

  it('accepts the price of an inactive product by ID but not by slug', async () => {
    await using studio = await startStudio()
    const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
    const team = pricingModel.products.find(({ slug }) => slug === 'team')
    await studio.customer('ada')
    await studio.node.products.update(team?.id ?? '', {
      product: { id: team?.id ?? '', name: 'Team', active: false },
    })
    const product = { type: 'product', customerExternalId: 'ada' }
    expect(await rejectionOf(studio, { ...urls, ...product, priceSlug: 'team_price' })).toEqual([
      500,
      `Invalid priceSlug: Price with slug "team_price" not found for customer's pricing model`,
    ])
    const { url } = await open(studio, { ...product, priceId: team?.prices[0]?.id })
    expect((await pay(url)).status).toBe(303)
  })
})

describe('an anonymous payer', () => {
  it('becomes a customer on the free plan after a one-time purchase', async () => {
    await using studio = await startStudio()
    const { checkoutSession, url } = await open(studio, {
      type: 'product',
      anonymous: true,
      priceSlug: 'render_pack',
      outputName: 'A hundred minutes',
    })
    expect(checkoutSession).toMatchObject({ customerId: null, customerName: null, customerEmail: null })
    expect((await pay(url)).status).toBe(303)
    const [customer] = (await studio.node.customers.list()).data
    expect(customer).toMatchObject({
      name: 'Ada',
      email: 'ada@studio.example',
      externalId: expect.stringMatching(/^[A-Za-z0-9]{21}$/),
      billingAddress: { name: 'Ada', address: { country: 'US' } },
    })
    const externalId = customer?.externalId ?? ''
    expect(await studio.balances(externalId)).toEqual({ render: 185 })
    const { purchases, invoices } = await studio.billing(externalId)
    expect(invoices).toMatchObject([
      { invoiceLineItems: [{ description: 'A hundred minutes', price: 1200 }] },
    ])
    expect((await studio.node.checkoutSessions.retrieve(checkoutSession.id)).checkoutSession).toMatchObject({
      status: 'succeeded',
      customerId: customer?.id,
      purchaseId: purchases[0]?.id,
      customerName: 'Ada',
      customerEmail: 'ada@studio.example',
    })
  })

  it('gets only the paid plan after a plan purchase', async () => {
    await using studio = await startStudio()
    const { url } = await open(studio, { type: 'product', anonymous: true, priceSlug: 'team_price' })
    await pay(url)
    const [customer] = (await studio.node.customers.list()).data
    const { subscriptions } = await studio.billing(customer?.externalId ?? '')
    expect(
      subscriptions.map(({ name, status, cancellationReason }) => [name, status, cancellationReason]),
    ).toEqual([
      ['Hobby Subscription', 'canceled', 'upgraded_to_paid'],
      ['Team - Team', 'active', null],
    ])
  })
})

it("returns the customer's details after a plan purchase but the payer's details after a one-time purchase", async () => {
  await using studio = await startStudio()
  await studio.customer('grace')
  const shown = async (priceSlug: string) => {
    const { session, pay } = await studio.checkout('grace', priceSlug)
    await pay()
    const { checkoutSession } = await studio.node.checkoutSessions.retrieve(session.id)
    const { customerName, customerEmail, purchaseId } = checkoutSession
    return [customerName, customerEmail, purchaseId]
  }
  expect(await shown('team_price')).toEqual(['grace', 'grace@studio.example', null])
  expect(await shown('render_pack')).toEqual(['Ada', 'ada@studio.example', expect.stringMatching(/^prch_/)])
})

describe('saving a card for a subscription', () => {
  it('checks the subscription only when the card is saved', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.customer('bob')
    const theirs = await studio.plan('bob')
    for (const targetSubscriptionId of [theirs.id, 'sub_none']) {
      const { checkoutSession, url } = await open(studio, {
        type: 'add_payment_method',
        customerExternalId: 'ada',
        targetSubscriptionId,
      })
      expect(checkoutSession).toMatchObject({ targetSubscriptionId })
      const answer = await pay(url)
      expect([answer.status, await answer.text()]).toEqual([
        402,
        expect.stringContaining(`No subscriptions found with id: ${targetSubscriptionId}`),
      ])
    }
    expect((await studio.billing('ada')).paymentMethods).toEqual([])
    expect(await studio.plan('bob')).toMatchObject({ defaultPaymentMethodId: null })
  })

  it('shows the card page at the URL of the retrieved session', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { checkoutSession } = await open(studio, { type: 'add_payment_method', customerExternalId: 'ada' })
    const { url } = await studio.node.checkoutSessions.retrieve(checkoutSession.id)
    expect(url).toBe(`${studio.url}/checkout/${checkoutSession.id}`)
    expect(await (await fetch(url)).text()).toContain('Save a card')
  })
})

describe('activating a subscription', () => {
  const activate = async (studio: Studio, customerExternalId: string, targetSubscriptionId: string) => {
    const { url } = await open(studio, {
      type: 'activate_subscription',
      customerExternalId,
      targetSubscriptionId,
    })
    const page = await (await fetch(url)).text()
    return { url, page, answer: await pay(url) }
  }
  /** Returns the lines of the order, as text. */
  const linesOf = (page: string) =>
    [...page.matchAll(/<div[^>]*><span>(.*?)<\/span><span>(.*?)<\/span><\/div>/g)].map(
      ([, label, amount]) => `${label} ${amount}`,
    )
  const paid = async (studio: Studio) =>
    (await studio.node.payments.list()).data.map(({ amount, status }) => [amount, status])

  it('starts an incomplete subscription and bills its overage', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { subscription } = await studio.node.subscriptions.create({
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      quantity: 2,
    })
    expect(subscription.status).toBe('incomplete')
    await studio.node.usageEvents.create({
      usageEvent: {
        subscriptionId: subscription.id,
        transactionId: 'early',
        amount: 8,
        usageMeterSlug: 'render',
      },
    })
    const { page } = await activate(studio, 'ada', subscription.id)
    expect(page).toContain('Pay $98.60 and activate')
    expect(page).toContain('1,200 render minutes')
    expect(await studio.plan('ada')).toMatchObject({ id: subscription.id, status: 'active' })
    expect(await paid(studio)).toEqual([[9860, 'succeeded']])
    expect(await studio.balances('ada')).toEqual({ render: 1200, exports: 80 })
  })

  it('collects the amount due only once for a past-due subscription without a card', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const saved = await open(studio, { type: 'add_payment_method', customerExternalId: 'ada' })
    await pay(saved.url)
    await studio.node.subscriptions.create({ customerExternalId: 'ada', priceSlug: 'team_price' })
    await studio.renew('ada')
    const { id, status } = await studio.plan('ada')
    expect([status, await paid(studio)]).toEqual(['past_due', [[4900, 'succeeded']]])
    const first = await activate(studio, 'ada', id)
    expect(first.page).toContain('>Pay $49.00<')
    expect(first.page).toContain('Payment due to')
    expect(first.page).not.toMatch(/subscribe to|activate/i)
    expect(await studio.plan('ada')).toMatchObject({ id, status: 'active' })
    const again = await activate(studio, 'ada', id)
    expect(again.page).toContain('Nothing is due. This page saves a card for your plan.')
    expect(again.page).not.toMatch(/subscribe to|activate/i)
    expect([again.page.includes('>Save card<'), again.answer.status]).toEqual([true, 303])
    expect(await paid(studio)).toEqual([
      [4900, 'succeeded'],
      [4900, 'succeeded'],
    ])
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
  })

  it('collects a renewal that has no invoice, even after the customer has canceled and then kept the plan', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await pay((await open(studio, { type: 'add_payment_method', customerExternalId: 'ada' })).url)
    await studio.node.subscriptions.create({ customerExternalId: 'ada', priceSlug: 'team_price' })
    await studio.renew('ada')
    const { id } = await studio.plan('ada')
    await studio.node.subscriptions.cancel(id, atPeriodEnd)
    const card = { type: 'add_payment_method', customerExternalId: 'ada', targetSubscriptionId: id }
    await pay((await open(studio, card)).url)
    await studio.node.subscriptions.uncancel(id, { body: {} })
    const { page } = await activate(studio, 'ada', id)
    expect(page).toContain('Payment due to')
    expect(page).toContain('>Pay $49.00<')
    const payment = [4900, 'succeeded']
    expect(await paid(studio)).toEqual([payment, payment])
    expect((await activate(studio, 'ada', id)).page).toContain('Nothing is due.')
    expect(await paid(studio)).toEqual([payment, payment])
  })

  it('lists the parts of the amount due', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await studio.use('ada', 'render', 607)
    await studio.renew('ada')
    const unpaid = await activate(studio, 'ada', id)
    expect(unpaid.page).toContain('Payment due to')
    expect(unpaid.page).toMatch(/class="price">\$49\.30 <small>due today</)
    expect(linesOf(unpaid.page)).toEqual([
      'Team $49.00',
      '7 render minutes beyond the plan ($0.30 per 7) $0.30',
      'Due today $49.30',
    ])
    const active = await activate(studio, 'ada', id)
    expect(linesOf(active.page)).toEqual(['Due today $0.00'])
  })

  it.each<[string, (studio: Studio, id: string) => Promise<unknown>, string]>([
    [
      'the plan renews',
      async () => {},
      'This payment covers the overdue amount, and your subscription will continue. Renews every month from 1 Jun 2027 for $199.00 until you cancel.',
    ],
    [
      'the customer canceled and kept the plan',
      async (studio, id) => {
        await studio.node.subscriptions.cancel(id, atPeriodEnd)
        await studio.node.subscriptions.uncancel(id, { body: {} })
      },
      'This payment covers the overdue amount, and your subscription will continue. Renews every month from 1 Jun 2027 for $199.00 until you cancel.',
    ],
    [
      'the plan ends',
      (studio, id) => studio.node.subscriptions.cancel(id, atPeriodEnd),
      'This payment covers the overdue amount. Agency ends on 1 Jun 2027.',
    ],
    [
      'the plan changes',
      (studio, id) =>
        studio.node.subscriptions.adjust(id, {
          adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'team_price' }] },
        }),
      'This payment covers the overdue amount. Agency changes to Team ($49.00 per month) on 1 Jun 2027.',
    ],
  ])('says what an overdue payment is for and what happens next: %s', async (_, act, next) => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'agency_price', { card: cards.failsLater })
    await studio.renew('ada')
    await act(studio, id)
    const { page, url } = await activate(studio, 'ada', id)
    expect(page).toContain('Payment due to Film studio')
    expect(page).toContain('>Pay $199.00<')
    expect(page).not.toMatch(/subscribe to|activate/i)
    expect(page).toContain(`>${next}<`)
    expect(await paid(studio)).toContainEqual([19_900, 'succeeded'])
    expect((await studio.billing('ada')).invoices.at(-1)?.invoice.status).toBe('paid')
    expect(await (await fetch(url)).text()).not.toContain('renews')
  })

  it("stops retrying a past-due subscription's open invoice once a checkout has collected it", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await studio.use('ada', 'render', 607)
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ status: 'past_due' })
    const { page } = await activate(studio, 'ada', id)
    expect(page).toContain('>Pay $49.30<')
    expect(await studio.plan('ada')).toMatchObject({ status: 'active' })
    await studio.renew('ada')
    expect(await paid(studio)).toEqual([
      [4900, 'succeeded'],
      [4930, 'failed'],
      [4930, 'succeeded'],
      [4900, 'succeeded'],
    ])
    const { invoices } = await studio.billing('ada')
    expect(invoices.map(({ invoice }) => [invoice.subtotal, invoice.status])).toEqual([
      [4900, 'paid'],
      [4930, 'paid'],
      [4900, 'paid'],
    ])
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
  })

  it('invoices $0 for the free plan', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.plan('ada')
    await activate(studio, 'ada', id)
    const { invoices, currentSubscription } = await studio.billing('ada')
    expect(invoices).toMatchObject([
      { invoice: { subtotal: 0, status: 'paid' }, invoiceLineItems: [{ description: 'Hobby', price: 0 }] },
    ])
    expect(currentSubscription).toMatchObject({ id, defaultPaymentMethodId: expect.any(String) })
    expect(await studio.balances('ada')).toEqual({ render: 85 })
  })

  it("shows and charges a free plan's overage", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.plan('ada')
    await studio.use('ada', 'render', 92)
    const { page } = await activate(studio, 'ada', id)
    expect(page).toContain('Pay $0.30 and activate')
    expect(await paid(studio)).toEqual([[30, 'succeeded']])
  })

  it('is rejected if the subscription has ended or was created with `doNotCharge`', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { subscription } = await studio.node.subscriptions.create({
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      doNotCharge: true,
    })
    const rejected = async (why: string) => {
      const { answer } = await activate(studio, 'ada', subscription.id)
      expect([answer.status, await answer.text()]).toEqual([
        402,
        expect.stringContaining(`>Cannot create billing run for ${why} subscription. Nothing was charged.<`),
      ])
    }
    await rejected('doNotCharge')
    await studio.node.subscriptions.cancel(subscription.id, { cancellation: { timing: 'immediately' } })
    await rejected('canceled')
    expect((await studio.billing('ada')).paymentMethods).toEqual([])
  })
})
