import { describe, expect, it } from 'vitest'
import { cards, dayMs, pay, sharedStudio, startStudio } from './studio.ts'

/** The server for all tests that don't change its data. */
const shared = sharedStudio(async (studio) => {
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
})

describe('adjusting a subscription', () => {
  const to = (
    priceSlug: string,
    timing: 'auto' | 'immediately' | 'at_end_of_current_billing_period' = 'auto',
    quantity = 1,
  ) => ({
    adjustment: { timing, newSubscriptionItems: [{ priceSlug, quantity }] },
  })

  it('charges the prorated difference and grants the prorated credits', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    await studio.use('ada', 'render', 100)
    studio.advance(10 * dayMs)
    const { isUpgrade, resolvedTiming } = await studio.node.subscriptions.adjust(id, to('agency_price'))
    expect({ isUpgrade, resolvedTiming }).toEqual({ isUpgrade: true, resolvedTiming: 'immediately' })
    const { data } = await studio.node.payments.list()
    // A third of the period has passed. The change costs 1633 for the old plan plus 13267 for the new plan, minus
    // the 4900 already paid.
    expect(data.map((payment) => payment.amount)).toEqual([4900, 10_000])
    // The plan grants 1600, two thirds of 2400. Of these credits, 600 were already granted and 100 have been
    // used. All exports were already granted.
    expect(await studio.balances('ada')).toEqual({ render: 1500, exports: 40 })
    await studio.renew('ada')
    expect(await studio.balances('ada')).toEqual({ render: 2400, exports: 40 })
  })

  it('charges and grants the full difference at the start of a period', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    await studio.node.subscriptions.adjust(id, to('agency_price'))
    expect(await studio.balances('ada')).toEqual({ render: 2400, exports: 40 })
    expect((await studio.node.payments.list()).data.map(({ amount }) => amount)).toEqual([4900, 15_000])
  })

  it('grants only the additional credits in a second adjustment', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    studio.advance(15 * dayMs)
    await studio.node.subscriptions.adjust(id, to('team_price', 'immediately', 3))
    expect(await studio.balances('ada')).toEqual({ render: 900, exports: 60 })
    await studio.node.subscriptions.adjust(id, to('team_price', 'immediately', 6))
    expect(await studio.balances('ada')).toEqual({ render: 1800, exports: 120 })
  })

  it("applies a downgrade's plan, name and credits at the end of the period", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'agency_price')
    const scheduled = await studio.node.subscriptions.adjust(id, to('team_price'))
    expect(scheduled.resolvedTiming).toBe('at_end_of_current_billing_period')
    // Scheduling a change replaces the name "Agency - Agency" with the item's name.
    expect(scheduled.subscription).toMatchObject({ name: 'Agency' })
    expect(await studio.balances('ada')).toEqual({ render: 2400, exports: 40 })
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ id, name: 'Team', scheduledAdjustmentAt: null })
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    expect((await studio.billing('ada')).invoices.map(({ invoice }) => invoice.subtotal)).toEqual([
      19900, 4900,
    ])
  })

  it("charges only the difference while a retry of the period's payment is pending", async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await studio.renew('ada')
    const { url } = await studio.server('ada').createAddPaymentMethodCheckoutSession({
      targetSubscriptionId: id,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    })
    await pay(url)
    await studio.node.subscriptions.adjust(id, to('agency_price'))
    studio.advance(4 * dayMs)
    const { data } = await studio.node.payments.list()
    expect(data.map(({ amount, status }) => [amount, status])).toEqual([
      [4900, 'succeeded'],
      [4900, 'failed'],
      [15000, 'succeeded'],
      [4900, 'succeeded'],
    ])
  })

  it('adds only a failed payment and an open invoice when the card is declined', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    studio.advance(15 * dayMs)
    await expect(studio.node.subscriptions.adjust(id, to('agency_price'))).rejects.toMatchObject({
      status: 500,
      error: { error: 'Billing run failed with status: FAILED' },
    })
    expect(await studio.plan('ada')).toMatchObject({ name: 'Team - Team', status: 'active' })
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    const { data } = await studio.node.payments.list()
    expect(data).toMatchObject([
      { status: 'succeeded', amount: 4900, subtotal: 4900 },
      { status: 'failed', amount: 7500, subtotal: 12_400, failureCode: 'card_declined' },
    ])
    const { url } = await studio.server('ada').createAddPaymentMethodCheckoutSession({
      targetSubscriptionId: id,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    })
    expect((await pay(url)).status).toBe(303)
    await studio.node.subscriptions.adjust(id, to('agency_price'))
    const { invoices } = await studio.billing('ada')
    expect(invoices.map(({ invoice }) => [invoice.status, invoice.subtotal])).toEqual([
      ['paid', 4900],
      ['open', 12_400],
      ['paid', 12_400],
    ])
    // Each invoice has its own billing run.
    expect(new Set(invoices.map(({ invoice }) => invoice.billingRunId)).size).toBe(3)
    studio.advance(14 * dayMs)
    expect((await studio.node.payments.list()).data).toHaveLength(3)
  })

  describe('with usage beyond the credits', () => {
    const april = () => startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    type Studio = Awaited<ReturnType<typeof april>>

    const payments = async (studio: Studio) =>
      (await studio.node.payments.list()).data.map(({ amount, status }) => [amount, status])

    /** Returns the units in each invoice's usage lines. */
    const unitsOnInvoices = async (studio: Studio) =>
      (await studio.billing('ada')).invoices.map(({ invoice, invoiceLineItems }) => [
        invoice.status,
        ...invoiceLineItems.flatMap(({ type, ledgerAccountCredit }) =>
          type === 'usage' ? [ledgerAccountCredit] : [],
        ),
      ])

    /** Saves a card that pays. */
    async function saveCard(studio: Studio, targetSubscriptionId: string) {
      const { url } = await studio.server('ada').createAddPaymentMethodCheckoutSession({
        targetSubscriptionId,
        successUrl: 'http://127.0.0.1/thanks',
        cancelUrl: 'http://127.0.0.1/back',
      })
      await pay(url)
    }

    it('charges the overage with a paid plan change, but leaves it out of the preview', async () => {
      await using studio = await april()
      await studio.customer('ada')
      const { id } = await studio.subscribe('ada', 'team_price')
      // The plan grants 600. The overage of 15 is billed per 7, rounded up: 3 units at 30 cents each.
      await studio.use('ada', 'render', 615)
      const body = to('agency_price')
      expect(await studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, { body })).toMatchObject({
        prorationAmount: 15_000,
      })
      await studio.node.subscriptions.adjust(id, body)
      expect(await payments(studio)).toEqual([
        [4900, 'succeeded'],
        [15_090, 'succeeded'],
      ])
      const { invoices } = await studio.billing('ada')
      expect(invoices.at(-1)).toMatchObject({
        invoice: { status: 'paid', subtotal: 19_990 },
        invoiceLineItems: [
          { type: 'static', description: 'Team', price: 4900, quantity: 1 },
          { type: 'static', description: expect.stringMatching(/^Proration: /), price: 15_000, quantity: 1 },
          {
            type: 'usage',
            description: 'Usage: Render minutes at $0.30 per 7',
            price: 30,
            quantity: 3,
            ledgerAccountCredit: 15,
          },
        ],
      })
    })

    it('settles the overage with the payment, so that no later invoice bills it', async () => {
      await using studio = await april()
      await studio.customer('ada')
      const { id } = await studio.subscribe('ada', 'team_price')
      await studio.use('ada', 'render', 615)
      await studio.node.subscriptions.adjust(id, to('agency_price'))
      // The change grants the other 1800 credits of the new plan, and 15 credits settle the overage.
      expect(await studio.balances('ada')).toEqual({ render: 1800, exports: 40 })
      await studio.node.subscriptions.adjust(id, to('agency_price', 'immediately', 2))
      await studio.renew('ada')
      expect(await unitsOnInvoices(studio)).toEqual([['paid'], ['paid', 15], ['paid'], ['paid']])
      expect(await studio.balances('ada')).toEqual({ render: 4800, exports: 80 })
    })

    it('counts overage paid in the period toward the next plan change', async () => {
      await using studio = await april()
      await studio.customer('ada')
      const { id } = await studio.subscribe('ada', 'team_price')
      await studio.use('ada', 'render', 615)
      await studio.node.subscriptions.adjust(id, to('agency_price'))
      await studio.node.subscriptions.adjust(id, to('agency_price', 'immediately', 2))
      expect(await payments(studio)).toEqual([
        [4900, 'succeeded'],
        [15_090, 'succeeded'],
        [19_810, 'succeeded'],
      ])
    })

    it('bills the overage at the renewal if the plan change charges nothing', async () => {
      await using studio = await april()
      await studio.customer('ada')
      const { id } = await studio.subscribe('ada', 'agency_price')
      await studio.use('ada', 'render', 2415)
      await studio.node.subscriptions.adjust(id, to('team_price', 'immediately'))
      await studio.node.subscriptions.adjust(id, {
        adjustment: { ...to('team_price', 'immediately', 5).adjustment, prorateCurrentBillingPeriod: false },
      })
      await studio.node.subscriptions.adjust(id, to('team_price', 'at_end_of_current_billing_period'))
      expect(await unitsOnInvoices(studio)).toEqual([['paid']])
      await studio.renew('ada')
      expect(await unitsOnInvoices(studio)).toEqual([['paid'], ['paid', 15]])
    })

    it('bills the overage of a declined plan change only with the next paid invoice', async () => {
      await using studio = await april()
      await studio.customer('ada')
      const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
      await studio.use('ada', 'render', 615)
      const change = studio.node.subscriptions.adjust(id, to('agency_price'))
      await expect(change).rejects.toMatchObject({ status: 500 })
      expect(await studio.balances('ada')).toEqual({ render: -15, exports: 40 })
      await saveCard(studio, id)
      await studio.renew('ada')
      await studio.renew('ada')
      expect(await unitsOnInvoices(studio)).toEqual([['paid'], ['open', 15], ['paid', 15], ['paid']])
      expect((await payments(studio)).slice(1)).toEqual([
        [15_090, 'failed'],
        [4990, 'succeeded'],
        [4900, 'succeeded'],
      ])
      expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    })

    it('leaves the overage on an unpaid renewal to its retry', async () => {
      await using studio = await april()
      await studio.customer('ada')
      const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
      await studio.use('ada', 'render', 615)
      await studio.renew('ada')
      await saveCard(studio, id)
      await studio.use('ada', 'render', 607)
      await studio.node.subscriptions.adjust(id, to('agency_price'))
      studio.advance(4 * dayMs)
      expect(await unitsOnInvoices(studio)).toEqual([['paid'], ['paid', 15], ['paid', 7]])
      await studio.renew('ada')
      expect((await unitsOnInvoices(studio)).at(-1)).toEqual(['paid'])
    })

    it('replaces an unpaid renewal after its last retry, so that the customer pays its period and overage once', async () => {
      await using studio = await april()
      await studio.customer('ada')
      const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
      await studio.use('ada', 'render', 615)
      await studio.renew('ada')
      studio.advance(14 * dayMs)
      await saveCard(studio, id)
      await studio.use('ada', 'render', 607)
      await studio.node.subscriptions.adjust(id, to('team_price', 'immediately'))
      const { url } = await studio.server('ada').createActivateSubscriptionCheckoutSession({
        targetSubscriptionId: id,
        successUrl: 'http://127.0.0.1/thanks',
        cancelUrl: 'http://127.0.0.1/back',
      })
      expect(await (await fetch(url)).text()).toContain('Nothing is due.')
      await pay(url)
      expect(await unitsOnInvoices(studio)).toEqual([['paid'], ['open', 15], ['paid', 22]])
      // The overage of 22 is billed as 4 units at 30 cents each.
      expect((await payments(studio)).filter(([, status]) => status === 'succeeded')).toEqual([
        [4900, 'succeeded'],
        [5020, 'succeeded'],
      ])
      const portal = await fetch(`${(await studio.billing('ada')).billingPortalUrl}/ada`)
      expect(await portal.text()).toContain('A later invoice replaces this invoice.')
      await studio.renew('ada')
      expect((await unitsOnInvoices(studio)).at(-1)).toEqual(['paid'])
    })

    it('reduces the charged overage by the discount', async () => {
      await using studio = await april()
      await studio.customer('ada')
      await studio.node.discounts.create({
        discount: { name: 'Half', code: 'half', amount: 50, amountType: 'percent', duration: 'forever' },
      })
      const { url } = await studio.checkout('ada', 'team_price')
      const code = new URLSearchParams({ code: 'half' })
      await fetch(`${url}/discount`, { method: 'POST', redirect: 'manual', body: code })
      await pay(url)
      await studio.use('ada', 'render', 621)
      await studio.node.subscriptions.adjust((await studio.plan('ada')).id, to('agency_price'))
      // The new plan's price minus the 2450 already paid is 17450. Half of this amount and half of the 90 for overage are
      // due.
      expect(await payments(studio)).toEqual([
        [2450, 'succeeded'],
        [8770, 'succeeded'],
      ])
    })
  })

  it('ends a trial when the plan change is paid', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'trial_price')
    studio.advance(7 * dayMs)
    const { subscription } = await studio.node.subscriptions.adjust(id, to('agency_price'))
    expect(subscription).toMatchObject({ status: 'active', trialEnd: Date.UTC(2027, 3, 15) })
    // Each plan is charged for half of the trial period.
    expect((await studio.node.payments.list()).data).toMatchObject([{ amount: 500 + 9950 }])
  })

  it('accepts a full item with a custom price and name', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id, subscriptionItems } = await studio.subscribe('ada', 'team_price')
    const item = subscriptionItems?.[0]
    const { subscription, subscriptionItems: changed } = await studio.node.subscriptions.adjust(id, {
      adjustment: {
        timing: 'immediately',
        prorateCurrentBillingPeriod: false,
        newSubscriptionItems: [
          {
            subscriptionId: id,
            type: 'static',
            addedDate: studio.now(),
            quantity: 2,
            priceId: item?.priceId ?? null,
            unitPrice: 4000,
            name: 'Team, for friends',
          },
        ],
      },
    })
    expect(subscription.name).toBe('Team, for friends')
    expect(changed).toMatchObject([{ name: 'Team, for friends', unitPrice: 4000, quantity: 2 }])
    await studio.renew('ada')
    expect((await studio.billing('ada')).invoices.at(-1)?.invoice.subtotal).toBe(8000)
  })

  it('gives an item a new ID even if the request contains the old ID', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id, subscriptionItems } = await studio.subscribe('ada', 'team_price')
    const [item] = (subscriptionItems ?? []).map(({ price: _, ...rest }) => rest)
    const sent = [item, { id: item?.id, priceId: item?.priceId ?? '', quantity: 1 }]
    for (const newSubscriptionItems of sent.map((one) => [one])) {
      const answer = await studio.node.subscriptions.adjust(id, {
        adjustment: { timing: 'auto', newSubscriptionItems: newSubscriptionItems as never },
      })
      expect(answer.subscriptionItems).toMatchObject([{ name: 'Team', quantity: 1, expiredAt: null }])
      expect(answer.subscriptionItems[0]?.id).not.toBe(item?.id)
    }
    expect((await studio.node.payments.list()).data).toHaveLength(1)
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
  })

  it('accepts a full item with a slug and metadata and ignores a manually created item', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    const full = {
      subscriptionId: id,
      type: 'static',
      addedDate: '2027-01-31T00:00:00Z',
      quantity: 1,
      unitPrice: 100,
      priceSlug: 'team_price',
    }
    const items = [
      { ...full, metadata: { of: 'friends' } },
      { ...full, manuallyCreated: true },
    ]
    const { subscriptionItems } = await studio.node.subscriptions.adjust(id, {
      adjustment: { timing: 'immediately', newSubscriptionItems: items as never },
    })
    expect(subscriptionItems).toMatchObject([{ name: null, unitPrice: 100, metadata: { of: 'friends' } }])
  })

  it('accepts an ID as the price slug, but not a slug as the price ID', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id, priceId } = await studio.subscribe('ada', 'team_price')
    const preview = (item: object) =>
      studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, {
        body: { adjustment: { timing: 'immediately', newSubscriptionItems: [item] } },
      })
    for (const item of [{ priceSlug: 'team_price' }, { priceSlug: priceId }, { priceId }])
      expect(await preview(item)).toMatchObject({ canAdjust: true, newSubscriptionItems: [{ priceId }] })
    expect(await preview({ priceId: 'team_price' })).toEqual({
      canAdjust: false,
      previewGeneratedAt: expect.any(Number),
      reason: 'Price not found: team_price',
    })
    const none = { subscriptionId: id, type: 'static', addedDate: 0, unitPrice: 1, priceId, quantity: 0 }
    expect(await preview(none)).toMatchObject({
      reason: 'Subscription item quantity must be greater than zero. Received: 0',
    })
  })

  it('checks each rule for all items before the next rule', async () => {
    const studio = shared()
    const { id, priceId } = await studio.plan('ada')
    const pack = (await studio.node.prices.list({ limit: '100' })).data.find(
      ({ slug }) => slug === 'render_pack',
    )
    const full = { subscriptionId: id, type: 'static', addedDate: 0, unitPrice: 1, priceId, quantity: 1 }
    const items = [
      { priceId: pack?.id },
      { ...full, priceId: 'price_x' },
      { ...full, quantity: 0 },
      { priceSlug: 'x' },
    ]
    const reasons = []
    for (; items.length > 0; items.pop()) {
      const preview = await studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, {
        body: { adjustment: { timing: 'immediately', newSubscriptionItems: items } },
      })
      reasons.push((preview as { reason: string }).reason)
    }
    const notRecurring = `Only recurring prices can be used in subscriptions. Price ${pack?.id} is of type single_payment`
    expect(reasons).toEqual([
      'Price not found: x',
      'Subscription item quantity must be greater than zero. Received: 0',
      notRecurring,
      notRecurring,
    ])
  })

  it("prefers a full item's price ID over its price slug", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id, priceId, subscriptionItems } = await studio.subscribe('ada', 'team_price')
    const item = { ...subscriptionItems?.[0], priceSlug: 'agency_price' } as never
    const { subscription } = await studio.node.subscriptions.adjust(id, {
      adjustment: { timing: 'immediately', newSubscriptionItems: [item] },
    })
    expect(subscription.priceId).toBe(priceId)
  })

  it('rejects an inactive price, except in a full item', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id, priceId, subscriptionItems } = await studio.subscribe('ada', 'team_price')
    await studio.node.prices.update(priceId ?? '', {
      price: { id: priceId ?? '', type: 'subscription', isDefault: true, active: false },
    })
    const preview = (item: object) =>
      studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, {
        body: { adjustment: { timing: 'immediately', newSubscriptionItems: [item] } },
      })
    for (const item of [{ priceId }, { priceSlug: 'team_price' }])
      expect(await preview(item)).toMatchObject({ canAdjust: false })
    expect(await preview({ ...subscriptionItems?.[0], quantity: 2 })).toMatchObject({
      canAdjust: true,
      newSubscriptionItems: [{ name: 'Team', quantity: 2, priceId }],
    })
  })

  it("reports an invalid item's errors once for each of the four item formats", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    const rejection = async (item: object) => {
      const answer = studio.node.subscriptions.adjust(id, {
        adjustment: { timing: 'auto', newSubscriptionItems: [item] },
      })
      return answer.then(
        () => null,
        ({ error }) => error.error,
      )
    }
    const path = ['adjustment', 'newSubscriptionItems', 0]
    const [{ errors, ...union }] = await rejection({ priceSlug: 'team_price', quantity: 1.5 })
    expect(union).toEqual({ code: 'invalid_union', path, message: 'Invalid input' })
    expect(errors.map((issues: { path: string[] }[]) => issues.map((issue) => issue.path.join('.')))).toEqual(
      [
        ['subscriptionId', 'addedDate', 'unitPrice', 'quantity', 'type'],
        [
          ...['id', 'createdAt', 'updatedAt', 'livemode', 'subscriptionId', 'name', 'addedDate', 'priceId'],
          ...['unitPrice', 'quantity', 'type', 'externalId', 'manuallyCreated', 'pricingModelId'],
        ],
        ['subscriptionId', 'addedDate', 'unitPrice', 'quantity', 'type'],
        ['quantity'],
      ],
    )
    expect(await rejection({ quantity: 1 })).toMatchObject([{ code: 'custom', path }])
    expect(await rejection({ priceSlug: 'team_price', quantity: 0 })).toMatchObject([
      { code: 'too_small', path: [...path, 'quantity'] },
    ])
  })

  it('undoes a scheduled change only once', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'agency_price')
    await studio.node.subscriptions.adjust(id, to('team_price'))
    const undoMove = () =>
      studio.node.post(`/api/v1/subscriptions/${id}/cancel-scheduled-adjustment`, { body: {} })
    expect(await undoMove()).toMatchObject({
      subscription: { id, scheduledAdjustmentAt: null, name: 'Agency' },
      canceledItemCount: 1,
    })
    await expect(undoMove()).rejects.toMatchObject({
      status: 500,
      error: {
        error: `Invalid subscription: Subscription ${id} does not have a scheduled adjustment to cancel.`,
      },
    })
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ name: 'Agency' })
    expect((await studio.billing('ada')).invoices.at(-1)?.invoice.subtotal).toBe(19_900)
  })

  it.each([
    ['neither a price ID nor a price slug', { quantity: 2 }],
    ['both a price ID and a price slug', { priceId: 'price_x', priceSlug: 'agency_price' }],
    ['a quantity of 0', { priceSlug: 'agency_price', quantity: 0 }],
  ])('rejects an item with %s', async (_, item) => {
    const studio = shared()
    const { id } = await studio.plan('ada')
    await expect(
      studio.node.subscriptions.adjust(id, {
        adjustment: { timing: 'immediately', newSubscriptionItems: [item] },
      }),
    ).rejects.toMatchObject({ status: 400 })
  })

  it('ignores expired seat claims in a plan change', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { quantity: 2 })
    const server = studio.server('ada')
    await server.claimResource({ resourceSlug: 'seats', quantity: 2 })
    await studio.node.subscriptions.adjust(id, to('team_price'))
    await server.claimResource({ resourceSlug: 'seats', quantity: 2 })
    await studio.renew('ada')
    const { usage } = await studio.node.resourceClaims.retrieveUsage(id, { resourceSlug: 'seats' })
    expect(usage).toMatchObject({ capacity: 2, claimed: 2 })
    await studio.node.subscriptions.adjust(id, to('team_price', 'immediately'))
  })

  it('keeps expired features expired when a scheduled change is undone', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id, experimental } = await studio.subscribe('ada', 'team_price', { quantity: 2 })
    const seats = experimental?.featureItems.find((item) => item.slug === 'team_seats')
    await studio.node.put(`/api/v1/subscription-item-features/${seats?.id}`, {
      body: { subscriptionItemFeature: { ...seats, expiredAt: studio.now() } },
    })
    const capacity = async () =>
      (await studio.node.resourceClaims.retrieveUsage(id, { resourceSlug: 'seats' })).usage.capacity
    await studio.node.subscriptions.adjust(id, to('team_price'))
    expect(await capacity()).toBe(0)
    await studio.node.post(`/api/v1/subscriptions/${id}/cancel-scheduled-adjustment`, { body: {} })
    expect(await capacity()).toBe(0)
  })

  it('rejects a plan with fewer seats than the customer has claimed', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { quantity: 2 })
    await studio.server('ada').claimResource({ resourceSlug: 'seats', quantity: 3 })
    await expect(studio.node.subscriptions.adjust(id, to('team_price'))).rejects.toMatchObject({
      error: { error: expect.stringContaining('3 resources are currently claimed') },
    })
  })
})
