import { describe, expect, it } from 'vitest'
import { cards, dayMs, pay, startStudio } from './studio.ts'

describe('adjusting', () => {
  const to = (
    priceSlug: string,
    timing: 'auto' | 'immediately' | 'at_end_of_current_billing_period' = 'auto',
    quantity = 1,
  ) => ({
    adjustment: { timing, newSubscriptionItems: [{ priceSlug, quantity }] },
  })

  it('charges the difference for the time that is left and grants the difference in credits', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    await studio.use('ada', 'render', 100)
    studio.advance(10 * dayMs)
    const { isUpgrade, resolvedTiming } = await studio.node.subscriptions.adjust(id, to('agency_price'))
    expect({ isUpgrade, resolvedTiming }).toEqual({ isUpgrade: true, resolvedTiming: 'immediately' })
    const { data } = await studio.node.payments.list()
    // A third is over: 1633 of the old plan and 13267 of the new, less the 4900 that are paid.
    expect(data.map((payment) => payment.amount)).toEqual([4900, 10_000])
    // Two thirds of 2400 are 1600; 600 were issued; 100 are used. Exports were issued whole.
    expect(await studio.balances('ada')).toEqual({ render: 1500, exports: 40 })
    await studio.renew('ada')
    expect(await studio.balances('ada')).toEqual({ render: 2400, exports: 40 })
  })

  it('grants what is due again on a second adjustment', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    studio.advance(15 * dayMs)
    await studio.node.subscriptions.adjust(id, to('team_price', 'immediately', 3))
    expect(await studio.balances('ada')).toEqual({ render: 900, exports: 60 })
    await studio.node.subscriptions.adjust(id, to('team_price', 'immediately', 6))
    expect(await studio.balances('ada')).toEqual({ render: 1800, exports: 120 })
  })

  it('downwards waits for the end of the period and then changes plan, name and credits', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'agency_price')
    const scheduled = await studio.node.subscriptions.adjust(id, to('team_price'))
    expect(scheduled.resolvedTiming).toBe('at_end_of_current_billing_period')
    // No longer "Agency - Agency": scheduling alone renames it after its item.
    expect(scheduled.subscription).toMatchObject({ name: 'Agency' })
    expect(await studio.balances('ada')).toEqual({ render: 2400, exports: 40 })
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ id, name: 'Team', scheduledAdjustmentAt: null })
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    expect((await studio.billing('ada')).invoices.map(({ invoice }) => invoice.subtotal)).toEqual([
      19900, 4900,
    ])
  })

  it('changes nothing when the card is declined, but for an open invoice that no later change repeats', async () => {
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
    // A run of its own each.
    expect(new Set(invoices.map(({ invoice }) => invoice.billingRunId)).size).toBe(3)
    studio.advance(14 * dayMs)
    expect((await studio.node.payments.list()).data).toHaveLength(3)
  })

  it('for money ends a trial: what is paid for is active', async () => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'trial_price')
    studio.advance(7 * dayMs)
    const { subscription } = await studio.node.subscriptions.adjust(id, to('agency_price'))
    expect(subscription).toMatchObject({ status: 'active', trialEnd: Date.UTC(2027, 3, 15) })
    // Half of the trial at the one price and half at the other.
    expect((await studio.node.payments.list()).data).toMatchObject([{ amount: 500 + 9950 }])
  })

  it('takes an item given in full at the price and name it is given', async () => {
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

  it('at the end of the period can be taken back, once', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'agency_price')
    await studio.node.subscriptions.adjust(id, to('team_price'))
    const takeBack = () =>
      studio.node.post(`/api/v1/subscriptions/${id}/cancel-scheduled-adjustment`, { body: {} })
    expect(await takeBack()).toMatchObject({
      subscription: { id, scheduledAdjustmentAt: null, name: 'Agency' },
      canceledItemCount: 1,
    })
    await expect(takeBack()).rejects.toMatchObject({
      status: 500,
      error: {
        error: `Unwrap called on Err: ValidationError: Invalid subscription: Subscription ${id} does not have a scheduled adjustment to cancel.`,
      },
    })
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ name: 'Agency' })
    expect((await studio.billing('ada')).invoices.at(-1)?.invoice.subtotal).toBe(19_900)
  })

  it.each([
    ['neither a price nor a slug', { quantity: 2 }],
    ['both', { priceId: 'price_x', priceSlug: 'agency_price' }],
    ['no units', { priceSlug: 'agency_price', quantity: 0 }],
  ])('to an item with %s is refused', async (_, item) => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    await expect(
      studio.node.subscriptions.adjust(id, {
        adjustment: { timing: 'immediately', newSubscriptionItems: [item] },
      }),
    ).rejects.toMatchObject({ status: 400 })
  })

  it('is refused while seats are claimed that the new plan does not have', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { quantity: 2 })
    await studio.server('ada').claimResource({ resourceSlug: 'seats', quantity: 3 })
    await expect(studio.node.subscriptions.adjust(id, to('team_price'))).rejects.toMatchObject({
      error: { error: expect.stringContaining('3 resources are currently claimed') },
    })
  })
})
