import { expect, it } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

const shared = sharedStudio((studio) => studio.customer('ada'))

const threw = 'generator body threw'
it.each([
  [
    'an unknown price',
    { priceSlug: 'nope' },
    404,
    'Price with slug "nope" not found for this customer\'s pricing model',
  ],
  [
    'a usage price',
    { priceSlug: 'render_extra' },
    400,
    'Price "render_extra" is a usage price and cannot be used to create a subscription directly. Use a subscription price instead.',
  ],
  [
    'a start date',
    { priceSlug: 'team_price', startDate: '2027-01-31T00:00:00Z' },
    400,
    [{ code: 'invalid_type', expected: 'date', path: ['startDate'] }],
  ],
  [
    'two prices',
    { priceSlug: 'team_price', priceId: 'price_x' },
    400,
    [{ code: 'custom', path: ['priceId'] }],
  ],
  [
    'metadata with a long text',
    { priceSlug: 'team_price', metadata: { note: 'x'.repeat(501) } },
    400,
    [{ code: 'too_big', path: ['metadata', 'note'] }],
  ],
  ['a trial end in the past', { priceSlug: 'team_price', trialEnd: 1 }, 500, threw],
  ['a negative quantity', { priceSlug: 'team_price', quantity: -1 }, 500, threw],
  ['a fractional quantity', { priceSlug: 'team_price', quantity: 0.5 }, 500, threw],
  [
    'an interval count of 0',
    { priceSlug: 'team_price', intervalCount: 0 },
    500,
    'Unwrap called on Err: ValidationError: Invalid intervalCount: Interval count is required for standard subscriptions',
  ],
  ['a negative interval count', { priceSlug: 'team_price', intervalCount: -1 }, 500, threw],
  [
    'an unknown card',
    { priceSlug: 'team_price', defaultPaymentMethodId: 'pm_x' },
    500,
    'Unwrap called on Err: NotFoundError: No payment methods found with id: pm_x',
  ],
])('rejects %s', async (_, what, status, error) => {
  const studio = shared()
  await expect(
    studio.node.subscriptions.create({ customerExternalId: 'ada', ...what }),
  ).rejects.toMatchObject({ status, error: { error } })
})

it('grants the credits of a free plan even if the subscription is never charged', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  // Create an incomplete subscription to replace the free plan. Otherwise, the customer couldn't request the free
  // plan.
  await studio.server('ada').createSubscription({ priceSlug: 'team_price' })
  await studio.server('ada').createSubscription({ priceSlug: 'hobby_price', doNotCharge: true })
  expect(await studio.plan('ada')).toMatchObject({ isFreePlan: true, doNotCharge: true })
  expect(await studio.balances('ada')).toEqual({ render: 85 })
})

it('names an item "null" if its price has no name and removes the name of the subscription in a plan change', async () => {
  const products = studioPricing.products.map((entry) =>
    entry.product.slug === 'team' || entry.product.slug === 'agency'
      ? { ...entry, price: { ...entry.price, name: undefined } }
      : entry,
  )
  await using studio = await startStudio({ pricing: { ...studioPricing, products } })
  await studio.customer('ada')
  const plan = await studio.subscribe('ada', 'team_price', { quantity: 2 })
  expect(plan).toMatchObject({ name: 'Team', subscriptionItems: [{ name: 'null x 2' }] })
  await studio.renew('ada')
  expect(await studio.plan('ada')).toMatchObject({ name: 'null x 2' })
  const { subscription } = await studio.node.subscriptions.adjust(plan.id, {
    adjustment: { timing: 'immediately', newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
  })
  expect(subscription.name).toBeNull()
  await studio.renew('ada')
  const { invoices } = await studio.billing('ada')
  expect(invoices.at(-1)?.invoiceLineItems).toMatchObject([{ description: 'Subscription Item' }])
  const { billingPortalUrl } = await studio.billing('ada')
  expect((await fetch(`${billingPortalUrl}/ada`)).status).toBe(200)
})

it('grants only the seats of the newest feature if two features are for one resource', async () => {
  const seats = studioPricing.features.find(({ slug }) => slug === 'team_seats')
  const pricing = {
    ...studioPricing,
    features: [...studioPricing.features, { ...seats, slug: 'more_seats', amount: 5 }],
    products: studioPricing.products.map((entry) =>
      entry.product.slug === 'team' ? { ...entry, features: ['more_seats', ...entry.features] } : entry,
    ),
  }
  await using studio = await startStudio({ pricing: JSON.stringify(pricing) })
  await studio.customer('ada')
  const { id, experimental } = await studio.subscribe('ada', 'team_price')
  const items = experimental?.featureItems.filter(({ slug }) => slug.endsWith('_seats'))
  expect(items).toMatchObject([{ slug: 'more_seats', amount: 5 }])
  const { usage } = await studio.node.resourceClaims.retrieveUsage(id, { resourceSlug: 'seats' })
  expect(usage.capacity).toBe(5)
})

it('keeps the external ID and the expiry time of a full item', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id, priceId } = await studio.subscribe('ada', 'team_price')
  const end = studio.now() + 60_000
  const { subscriptionItems } = await studio.node.subscriptions.adjust(id, {
    adjustment: {
      timing: 'immediately',
      newSubscriptionItems: [
        {
          subscriptionId: id,
          type: 'static',
          addedDate: 0,
          name: 'Team',
          unitPrice: 4900,
          quantity: 1,
          priceId,
          externalId: 'imported-1',
          expiredAt: end,
        },
      ],
    },
  })
  expect(subscriptionItems).toMatchObject([{ externalId: 'imported-1', expiredAt: end }])
  studio.advance(60_000)
  expect((await studio.plan('ada')).subscriptionItems).toEqual([])
})

it("finds an archived product's price by its ID but not by its slug", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const { id, prices } = pricingModel.products.find(({ slug }) => slug === 'team') ?? { id: '', prices: [] }
  await studio.node.products.update(id, { product: { id, name: 'Team', active: false } })
  const create = (price: object) => studio.node.subscriptions.create({ customerExternalId: 'ada', ...price })
  await expect(create({ priceSlug: 'team_price' })).rejects.toMatchObject({ status: 404 })
  const { subscription } = await create({ priceId: prices[0]?.id })
  expect(subscription).toMatchObject({ priceId: prices[0]?.id, status: 'incomplete' })
})

it('reports an unknown cancellation timing without listing the valid timings', async () => {
  const studio = shared()
  await expect(
    studio.node.post('/api/v1/subscriptions/sub_x/cancel', { body: { cancellation: { timing: 'later' } } }),
  ).rejects.toMatchObject({
    status: 400,
    error: {
      error: [
        {
          code: 'invalid_union',
          errors: [],
          note: 'No matching discriminator',
          discriminator: 'timing',
          path: ['cancellation', 'timing'],
          message: 'Invalid input',
        },
      ],
    },
  })
})
