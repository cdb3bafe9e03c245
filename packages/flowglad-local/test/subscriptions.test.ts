import { describe, expect, it } from 'vitest'
import { cards, dayMs, pay, startStudio } from './studio.ts'

describe('cancelling', () => {
  it('at the end of the period keeps everything until then, and then leaves the free plan with fresh credits', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const plan = await studio.subscribe('ada', 'team_price')
    const { subscription } = await studio.node.subscriptions.cancel(plan.id, {
      cancellation: { timing: 'at_end_of_current_billing_period' },
    })
    expect(subscription).toMatchObject({
      status: 'cancellation_scheduled',
      current: true,
      cancelScheduledAt: plan.currentBillingPeriodEnd,
    })
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true, status: 'active' })
    expect(await studio.balances('ada')).toEqual({ render: 85 })
    expect((await studio.billing('ada')).invoices).toHaveLength(1)
  })

  it('now ends it now; cancelling again changes nothing', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const plan = await studio.subscribe('ada', 'team_price')
    const timing = { cancellation: { timing: 'immediately' as const } }
    const first = await studio.node.subscriptions.cancel(plan.id, timing)
    expect(first.subscription).toMatchObject({ status: 'canceled', current: false })
    const second = await studio.node.subscriptions.cancel(plan.id, timing)
    expect(second).toEqual(first)
    expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true })
  })

  it('of the free plan is refused', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.plan('ada')
    await expect(
      studio.node.subscriptions.cancel(id, { cancellation: { timing: 'immediately' } }),
    ).rejects.toMatchObject({
      status: 500,
      error: { error: 'Cannot cancel the default free plan. Please upgrade to a paid plan instead.' },
    })
  })

  it('can be taken back, and taking back nothing is fine', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    await studio.node.subscriptions.cancel(id, {
      cancellation: { timing: 'at_end_of_current_billing_period' },
    })
    for (let i = 0; i < 2; i++) {
      const { subscription } = await studio.node.subscriptions.uncancel(id)
      expect(subscription).toMatchObject({ status: 'active', cancelScheduledAt: null })
    }
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ id, status: 'active' })
  })
})

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

  it('changes nothing when the card is declined', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await expect(studio.node.subscriptions.adjust(id, to('agency_price'))).rejects.toMatchObject({
      status: 500,
    })
    expect(await studio.plan('ada')).toMatchObject({ name: 'Team - Team' })
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    const { data } = await studio.node.payments.list()
    expect(data.map((payment) => payment.status)).toEqual(['succeeded', 'failed'])
  })

  it.each([
    ['neither a price nor a slug', { quantity: 2 }],
    ['both', { priceId: 'price_x', priceSlug: 'agency_price' }],
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

describe('creating', () => {
  it('without a card is incomplete and leaves no current plan; a checkout activates it', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'team_price' })
    expect(subscription).toMatchObject({ status: 'incomplete', current: false, name: 'Team - Team' })
    expect((await studio.billing('ada')).currentSubscription).toBeNull()
    const { url } = await studio.server('ada').createActivateSubscriptionCheckoutSession({
      targetSubscriptionId: subscription.id,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    })
    expect((await pay(url)).status).toBe(303)
    expect(await studio.plan('ada')).toMatchObject({ id: subscription.id, status: 'active' })
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
  })

  it('with a saved card is paid at once with it, and without one of its own at renewal', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const first = await studio.subscribe('ada', 'team_price')
    await studio.node.subscriptions.cancel(first.id, { cancellation: { timing: 'immediately' } })
    await studio.server('ada').createSubscription({ priceSlug: 'agency_price', quantity: 2 })
    expect(await studio.plan('ada')).toMatchObject({ status: 'active', name: 'Agency - Agency' })
    expect(await studio.balances('ada')).toEqual({ render: 4800, exports: 80 })
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ status: 'past_due', defaultPaymentMethodId: null })
  })

  it('with a saved card that is declined leaves the free plan', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const first = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await studio.node.subscriptions.cancel(first.id, { cancellation: { timing: 'immediately' } })
    const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'agency_price' })
    expect((await studio.node.subscriptions.retrieve(subscription.id)).subscription.status).toBe('canceled')
    expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true, status: 'active' })
  })

  it('without a card has no period yet: it can be neither cancelled at its end nor adjusted, and usage has none', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'team_price' })
    const { id } = subscription
    const refusal = (error: string) => ({ status: 500, error: { error } })
    await expect(
      studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } }),
    ).rejects.toMatchObject(refusal('No current billing period found'))
    const adjustment = {
      adjustment: { timing: 'auto' as const, newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
    }
    await expect(studio.node.subscriptions.adjust(id, adjustment)).rejects.toMatchObject(
      refusal(`Unwrap called on Err: NotFoundError: BillingPeriod not found: subscription:${id}`),
    )
    expect(
      await studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, { body: adjustment }),
    ).toMatchObject({ canAdjust: false, reason: 'No current billing period found for subscription.' })
    const usage = { subscriptionId: id, transactionId: 'early', amount: 1, usageMeterSlug: 'render' }
    const { usageEvent } = await studio.node.usageEvents.create({ usageEvent: usage })
    expect(usageEvent.billingPeriodId).toBeNull()
  })

  it('that is never charged has no trial', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.server('ada').createSubscription({ priceSlug: 'trial_price', doNotCharge: true })
    expect((await studio.plan('ada')).status).toBe('active')
  })

  it('that is never charged grants no credits', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.server('ada').createSubscription({ priceSlug: 'team_price', doNotCharge: true })
    expect(await studio.plan('ada')).toMatchObject({ status: 'active', doNotCharge: true })
    expect(await studio.balances('ada')).toEqual({})
  })

  it.each([
    ['an unknown price', { priceSlug: 'nope' }, 404],
    ['a usage price', { priceSlug: 'render_extra' }, 400],
    [
      'a start date, which JSON cannot say,',
      { priceSlug: 'team_price', startDate: '2027-01-31T00:00:00Z' },
      400,
    ],
    ['two prices', { priceSlug: 'team_price', priceId: 'price_x' }, 400],
  ])('of %s is refused', async (_, what, status) => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await expect(
      studio.node.subscriptions.create({ customerExternalId: 'ada', ...what }),
    ).rejects.toMatchObject({ status })
  })
})

it('archiving a customer ends the plans, frees the id and refuses usage', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.server('ada').archiveCustomer('ada')
  await expect(studio.node.customers.retrieve('ada')).rejects.toMatchObject({ status: 404 })
  await expect(
    studio.node.usageEvents.create({
      usageEvent: { subscriptionId: id, transactionId: 't', amount: 1, usageMeterSlug: 'render' },
    }),
  ).rejects.toMatchObject({ error: { error: expect.stringContaining('archived customer') } })
  await studio.customer('ada')
  expect(await studio.balances('ada')).toEqual({ render: 85 })
})

it('a customer can be marked as archived without ending the plans', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const updated = await studio.node.customers.update('ada', { customer: { archived: true } })
  expect(updated.customer.archived).toBe(true)
  expect((await studio.node.subscriptions.retrieve(id)).subscription.status).toBe('active')
})

it('seats are claimed by name once, and given back', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price', { quantity: 2 })
  const flowglad = studio.server('ada')
  const named = { resourceSlug: 'seats', externalId: 'grace' }
  const { claims } = await flowglad.claimResource(named)
  expect((await flowglad.claimResource(named)).claims).toEqual(claims)
  await flowglad.claimResource({ resourceSlug: 'seats', quantity: 3 })
  await expect(
    studio.node.resourceClaims.claim((await studio.plan('ada')).id, { resourceSlug: 'seats', quantity: 1 }),
  ).rejects.toMatchObject({ status: 500 })
  await flowglad.releaseResource(named)
  expect((await flowglad.getResourceUsages()).resources).toMatchObject([
    { resourceSlug: 'seats', capacity: 4, claimed: 3, available: 1 },
  ])
  const asked = { resourceSlugs: ['projects', 'seats'] }
  expect(await studio.node.resourceClaims.listUsages((await studio.plan('ada')).id, asked)).toMatchObject([
    { usage: { resourceSlug: 'seats' } },
  ])
  expect((await flowglad.listResourceClaims({ resourceSlug: 'seats' })).claims).toHaveLength(3)
})
