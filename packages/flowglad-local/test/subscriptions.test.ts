import { describe, expect, it } from 'vitest'
import { cards, pay, startStudio } from './studio.ts'

describe('canceling a subscription', () => {
  it('keeps a canceled plan until the end of the period and then starts the free plan with new credits', async () => {
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

  it('ends the plan immediately and does nothing if the cancellation is repeated', async () => {
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

  it('rejects a cancellation of the free plan', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.plan('ada')
    await expect(
      studio.node.subscriptions.cancel(id, { cancellation: { timing: 'immediately' } }),
    ).rejects.toMatchObject({
      status: 500,
      error: {
        error:
          'Invalid subscription: Cannot cancel the default free plan. Please upgrade to a paid plan instead.',
      },
    })
  })

  it('undoes a cancellation and changes nothing if the undo is repeated', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    await studio.node.subscriptions.cancel(id, {
      cancellation: { timing: 'at_end_of_current_billing_period' },
    })
    for (let i = 0; i < 2; i++) {
      const { subscription } = await studio.node.subscriptions.uncancel(id, { body: {} })
      expect(subscription).toMatchObject({ status: 'active', cancelScheduledAt: null })
    }
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ id, status: 'active' })
  })

  it('rejects undoing the cancellation of a paid plan without a card', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'trial_price' })
    await studio.node.subscriptions.cancel(subscription.id, {
      cancellation: { timing: 'at_end_of_current_billing_period' },
    })
    await expect(studio.node.subscriptions.uncancel(subscription.id, { body: {} })).rejects.toMatchObject({
      status: 500,
      error: {
        error:
          'Invalid paymentMethod: Cannot uncancel paid subscription without an active payment method. Please add a payment method first.',
      },
    })
  })
})

it('rejects an unknown subscription with a different message for each call', async () => {
  await using studio = await startStudio()
  const { subscriptions } = studio.node
  const missing = 'NotFoundError: No subscriptions found with id: sub_x'
  const error = (text: string) => ({ status: 500, error: { error: text } })
  await expect(subscriptions.retrieve('sub_x')).rejects.toMatchObject(
    error(`Unwrap called on Err: Panic: Unwrap called on Err: ${missing}`),
  )
  await expect(
    subscriptions.cancel('sub_x', { cancellation: { timing: 'immediately' } }),
  ).rejects.toMatchObject(error(`Unwrap called on Err: ${missing}`))
  await expect(
    studio.node.post('/api/v1/subscriptions/sub_x/cancel-scheduled-adjustment', { body: {} }),
  ).rejects.toMatchObject(error('Subscription not found: sub_x'))
})

describe('creating a subscription', () => {
  it('keeps a subscription without a card incomplete until a checkout activates it', async () => {
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

  it("charges the customer's saved card for a new subscription immediately but not at the renewal", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const first = await studio.subscribe('ada', 'team_price')
    await studio.node.subscriptions.cancel(first.id, { cancellation: { timing: 'immediately' } })
    await studio.server('ada').createSubscription({ priceSlug: 'agency_price', quantity: 2 })
    const { customer } = await studio.billing('ada')
    await expect(
      studio.node.subscriptions.create({ customerId: customer.id, priceSlug: 'team_price' }),
    ).rejects.toMatchObject({
      status: 500,
      error: {
        error: `Unwrap called on Err: ConflictError: Subscription conflict: Customer ${customer.id} already has an active subscription. Please cancel the existing subscription before creating a new one.`,
      },
    })
    expect(await studio.plan('ada')).toMatchObject({ status: 'active', name: 'Agency - Agency' })
    expect(await studio.balances('ada')).toEqual({ render: 4800, exports: 80 })
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ status: 'past_due', defaultPaymentMethodId: null })
  })

  it('keeps the free plan when the saved card is declined', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const first = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
    await studio.node.subscriptions.cancel(first.id, { cancellation: { timing: 'immediately' } })
    const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'agency_price' })
    expect((await studio.node.subscriptions.retrieve(subscription.id)).subscription.status).toBe('canceled')
    expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true, status: 'active' })
  })

  it("starts no period for a subscription without a card and rejects its adjustment and its cancellation at the period's end", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'team_price' })
    const { id } = subscription
    const rejection = (error: string) => ({ status: 500, error: { error } })
    await expect(
      studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } }),
    ).rejects.toMatchObject(rejection(`Current billing period not found: subscription ${id}`))
    const adjustment = {
      adjustment: { timing: 'auto' as const, newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
    }
    await expect(studio.node.subscriptions.adjust(id, adjustment)).rejects.toMatchObject(
      rejection(`Unwrap called on Err: NotFoundError: BillingPeriod not found: subscription:${id}`),
    )
    expect(
      await studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, { body: adjustment }),
    ).toMatchObject({ canAdjust: false, reason: 'No current billing period found for subscription.' })
    const usage = { subscriptionId: id, transactionId: 'early', amount: 1, usageMeterSlug: 'render' }
    const { usageEvent } = await studio.node.usageEvents.create({ usageEvent: usage })
    expect(usageEvent.billingPeriodId).toBeNull()
  })

  it('gives no trial if the subscription is never charged', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.server('ada').createSubscription({ priceSlug: 'trial_price', doNotCharge: true })
    expect((await studio.plan('ada')).status).toBe('active')
  })

  it('grants credits only at renewals and creates no invoices if the subscription is never charged', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.server('ada').createSubscription({ priceSlug: 'team_price', doNotCharge: true })
    expect(await studio.plan('ada')).toMatchObject({ status: 'active', doNotCharge: true })
    expect(await studio.balances('ada')).toEqual({})
    await studio.renew('ada')
    expect(await studio.plan('ada')).toMatchObject({ status: 'active' })
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    await studio.use('ada', 'render', 700)
    await studio.renew('ada')
    expect(await studio.balances('ada')).toMatchObject({ render: 500 })
    expect((await studio.node.invoices.list()).data).toEqual([])
  })

  it('leaves a free plan incomplete until the customer adds a card, unless it is the default plan', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
    await studio.node.products.create({
      product: { name: 'Student', slug: 'student', active: true, pricingModelId: pricingModel.id },
      price: {
        type: 'subscription',
        slug: 'student_price',
        unitPrice: 0,
        isDefault: true,
        intervalUnit: 'month',
        intervalCount: 1,
      },
    })
    // Create an incomplete subscription to replace the free plan. Otherwise, the customer couldn't request a
    // different free plan.
    await studio.server('ada').createSubscription({ priceSlug: 'team_price' })
    const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'student_price' })
    expect(subscription).toMatchObject({ status: 'incomplete', isFreePlan: true, name: 'Student' })
    const back = await studio.server('ada').createSubscription({ priceSlug: 'hobby_price' })
    expect(back.subscription).toMatchObject({ status: 'active', isFreePlan: true, name: 'Hobby - Hobby' })
    expect(await studio.balances('ada')).toEqual({ render: 85 })
  })
})

it('accepts a quantity of 0 and a trial end of 0', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { subscription } = await studio.node.subscriptions.create({
    customerExternalId: 'ada',
    priceSlug: 'trial_price',
    quantity: 0,
    trialEnd: 0,
  })
  expect(subscription).toMatchObject({ status: 'incomplete', trialEnd: null })
  const { subscriptions } = await studio.billing('ada')
  expect(subscriptions.find(({ id }) => id === subscription.id)).toMatchObject({
    subscriptionItems: [{ name: 'Trial', quantity: 0 }],
    experimental: { featureItems: [{ slug: 'team_render', amount: 0 }] },
  })
})

it("reports another customer's card only if there is no other mistake", async () => {
  await using studio = await startStudio()
  for (const who of ['ada', 'bob']) await studio.customer(who)
  const plan = await studio.subscribe('bob', 'team_price')
  const { customer, paymentMethods } = await studio.billing('bob')
  const card = paymentMethods[0]?.id ?? ''
  const ada = (await studio.billing('ada')).customer
  const create = (who: string, cards: object) =>
    studio.node.subscriptions.create({ customerExternalId: who, priceSlug: 'team_price', ...cards })
  for (const role of ['default', 'backup'])
    await expect(create('ada', { [`${role}PaymentMethodId`]: card })).rejects.toMatchObject({
      status: 500,
      error: {
        error: `Unwrap called on Err: ValidationError: Invalid ${role}PaymentMethod: Customer ${ada.id} does not match ${role} payment method ${customer.id}`,
      },
    })
  await expect(create('bob', { backupPaymentMethodId: 'pm_x' })).rejects.toMatchObject({
    error: { error: 'Unwrap called on Err: NotFoundError: No payment methods found with id: pm_x' },
  })
  await expect(create('bob', { defaultPaymentMethodId: card })).rejects.toMatchObject({
    error: { error: expect.stringContaining('already has an active subscription') },
  })
  await studio.node.subscriptions.cancel(plan.id, { cancellation: { timing: 'immediately' } })
  const { subscription } = await create('bob', { defaultPaymentMethodId: card, backupPaymentMethodId: card })
  expect(subscription).toMatchObject({
    status: 'active',
    defaultPaymentMethodId: card,
    backupPaymentMethodId: card,
  })
})

it("ends an archived customer's plans, frees the external ID and rejects usage", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.server('ada').archiveCustomer('ada')
  await expect(studio.node.customers.retrieve('ada')).rejects.toMatchObject({ status: 404 })
  expect((await studio.node.subscriptions.retrieve(id)).subscription).toMatchObject({
    status: 'canceled',
    cancellationReason: 'customer_archived',
  })
  await expect(
    studio.node.usageEvents.create({
      usageEvent: { subscriptionId: id, transactionId: 't', amount: 1, usageMeterSlug: 'render' },
    }),
  ).rejects.toMatchObject({ error: { error: expect.stringContaining('archived customer') } })
  await studio.customer('ada')
  expect(await studio.balances('ada')).toEqual({ render: 85 })
})

it('ends only active plans when a customer is archived', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  await studio.server('ada').archiveCustomer('ada')
  const { subscription } = await studio.node.subscriptions.retrieve(id)
  expect(subscription).toMatchObject({ status: 'cancellation_scheduled', cancellationReason: null })
})

it('does not archive a customer through an update', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { customer } = await studio.node.customers.update('ada', { customer: { archived: true, name: 'A' } })
  expect(customer).toMatchObject({ archived: false, name: 'A' })
})

it('claims a named seat once and releases it', async () => {
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
  ).rejects.toMatchObject({ status: 400 })
  await flowglad.releaseResource(named)
  expect((await flowglad.getResourceUsages()).resources).toMatchObject([
    { resourceSlug: 'seats', capacity: 4, claimed: 3, available: 1 },
  ])
  expect((await flowglad.listResourceClaims({ resourceSlug: 'seats' })).claims).toHaveLength(3)
  const { id } = await studio.plan('ada')
  await expect(
    studio.node.resourceClaims.claim(id, { resourceSlug: 'projects', quantity: 1 }),
  ).rejects.toMatchObject({
    status: 500,
    error: { error: 'Resource with slug "projects" not found in pricing model' },
  })
})
