import { expect, it } from 'vitest'
import { dayMs, pay, startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

const pricing = {
  ...studioPricing,
  products: studioPricing.products.map((entry) =>
    entry.product.slug === 'hobby'
      ? {
          ...entry,
          price: {
            type: 'single_payment' as const,
            name: 'Hobby',
            slug: 'hobby_price',
            unitPrice: 0,
            isDefault: true,
            active: true,
          },
        }
      : entry,
  ),
}

it('starts a plan that never renews if the default price is a one-time price', async () => {
  await using studio = await startStudio({ pricing })
  const { data } = await studio.node.customers.create({
    customer: { externalId: 'ada', name: 'Ada', email: 'ada@studio.example' },
  })
  const { subscription } = data
  expect(subscription).toEqual({
    id: expect.stringMatching(/^sub_/),
    createdAt: expect.any(Number),
    updatedAt: expect.any(Number),
    livemode: false,
    startDate: expect.any(Number),
    customerId: data.customer.id,
    organizationId: data.customer.organizationId,
    status: 'active',
    defaultPaymentMethodId: null,
    backupPaymentMethodId: null,
    trialEnd: null,
    currentBillingPeriodStart: null,
    currentBillingPeriodEnd: null,
    metadata: null,
    canceledAt: null,
    cancelScheduledAt: null,
    cancellationReason: null,
    replacedBySubscriptionId: null,
    isFreePlan: true,
    doNotCharge: false,
    priceId: expect.stringMatching(/^price_/),
    runBillingAtPeriodStart: false,
    interval: null,
    intervalCount: null,
    billingCycleAnchorDate: null,
    name: 'Hobby Subscription',
    renews: false,
    pricingModelId: data.customer.pricingModelId,
    scheduledAdjustmentAt: null,
    current: true,
  })
  expect(data.subscriptionItems).toMatchObject([{ name: 'Hobby', unitPrice: 0, quantity: 1 }])
  expect(await studio.node.subscriptions.retrieve(subscription?.id ?? '')).toEqual({ subscription })
})

it('grants a plan without periods its credits once and never expires them', async () => {
  await using studio = await startStudio({ pricing })
  await studio.customer('ada')
  await studio.use('ada', 'render', 5)
  expect(await studio.balances('ada')).toEqual({ render: 80 })
  studio.advance(400 * dayMs)
  expect(await studio.balances('ada')).toEqual({ render: 80 })
  expect(await studio.plan('ada')).toMatchObject({ status: 'active', renews: false })
})

it('replaces a plan without periods with a paid plan that starts its own billing cycle', async () => {
  await using studio = await startStudio({ pricing })
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const { checkoutSession, url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      preserveBillingCycleAnchor: true,
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    },
  })
  expect(checkoutSession.preserveBillingCycleAnchor).toBe(true)
  expect(await (await fetch(url)).text()).toContain('Pay $49.00')
  expect((await pay(url)).status).toBe(303)
  const plan = await studio.plan('ada')
  expect(plan).toMatchObject({ name: 'Team - Team', renews: true, status: 'active' })
  expect(plan.currentBillingPeriodStart).toBe(plan.startDate)
  expect((await studio.node.subscriptions.retrieve(id)).subscription).toMatchObject({
    renews: false,
    status: 'canceled',
    replacedBySubscriptionId: plan.id,
  })
  await studio.node.subscriptions.cancel(plan.id, { cancellation: { timing: 'immediately' } })
  expect(await studio.plan('ada')).toMatchObject({ name: 'Hobby Subscription', renews: false })
})

it('rejects a change or cancellation of a plan without periods', async () => {
  await using studio = await startStudio({ pricing })
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const reason = `Subscription ${id} is a non-renewing subscription. Non-renewing subscriptions cannot be adjusted.`
  const adjustment = { timing: 'auto' as const, newSubscriptionItems: [{ priceSlug: 'team_price' }] }
  expect(
    await studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, { body: { adjustment } }),
  ).toEqual({
    canAdjust: false,
    previewGeneratedAt: expect.any(Number),
    reason,
  })
  await expect(studio.node.subscriptions.adjust(id, { adjustment })).rejects.toMatchObject({
    status: 500,
    error: { error: `Unwrap called on Err: ValidationError: Invalid subscription: ${reason}` },
  })
  await expect(
    studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } }),
  ).rejects.toMatchObject({ status: 500 })
})

it('shows a plan without periods on the dashboard and in the billing portal', async () => {
  await using studio = await startStudio({ pricing })
  await studio.customer('ada')
  expect(await (await fetch(`${studio.url}/?customer=ada`)).text()).toContain('Never renews')
  const { billingPortalUrl } = await studio.billing('ada')
  const portal = await (await fetch(`${billingPortalUrl}/ada`)).text()
  expect(portal).toContain('Hobby')
  expect(portal).not.toContain('New credits on')
})
