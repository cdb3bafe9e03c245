import { describe, expect, it } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'

/** The server for all tests that don't change its data. */
const shared = sharedStudio()

type Studio = Awaited<ReturnType<typeof startStudio>>

const model = async ({ node }: Studio) => (await node.pricingModels.retrieveDefault()).pricingModel
const productOf = async (studio: Studio, slug: string) => {
  const product = (await model(studio)).products.find((p) => p.slug === slug)
  if (!product) throw new Error(`There is no product ${slug}`)
  return product
}

describe('a product', () => {
  it('is hidden if its price is archived, but its subscriptions stay readable', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price')
    const { id } = (await productOf(studio, 'team')).defaultPrice
    await studio.node.prices.update(id, {
      price: { id, type: 'subscription', isDefault: true, active: false },
    })
    const { pricingModel, currentSubscription } = await studio.billing('ada')
    expect(pricingModel.products.map((p) => p.slug)).not.toContain('team')
    expect(currentSubscription).toMatchObject({ priceId: id })
    await expect(studio.node.get(`/api/v1/pricing-models/${pricingModel.id}/export`)).rejects.toMatchObject({
      status: 500,
      error: { error: 'Invalid product.price: Product Team has no active default price' },
    })
  })
})

describe('a pricing model', () => {
  it('can be updated only with a name, and cloned only by a known ID', async () => {
    await using studio = await startStudio()
    const { id } = await model(studio)
    const put = (pricingModel: object) =>
      studio.node.put(`/api/v1/pricing-models/${id}`, { body: { pricingModel } })
    await expect(put({ id, isDefault: true })).rejects.toMatchObject({
      status: 400,
      error: { error: [{ path: ['pricingModel', 'name'] }] },
    })
    expect(await put({ id, name: 'X' })).toMatchObject({ pricingModel: { name: 'X', isDefault: true } })
    await expect(studio.node.pricingModels.create({ pricingModel: { name: '' } })).rejects.toMatchObject({
      status: 400,
      error: { error: [{ message: 'Name is required' }] },
    })
    await expect(studio.node.pricingModels.clone('nobody', { name: 'X' })).rejects.toMatchObject({
      status: 404,
      error: { code: 'NOT_FOUND', error: expect.stringContaining('either does not exist or') },
    })
  })

  it('keeps its customers when it is no longer the default', async () => {
    await using studio = await startStudio()
    const { id } = await model(studio)
    await studio.customer('ada')
    await studio.node.pricingModels.update(id, {
      pricingModel: { id, name: 'Film studio', isDefault: false },
    })
    await expect(model(studio)).rejects.toMatchObject({
      status: 500,
      error: { error: 'Default pricing model not found' },
    })
    expect((await studio.billing('ada')).pricingModel).toMatchObject({ id, isDefault: false })
    await studio.customer('grace')
    expect(await studio.balances('grace')).toEqual({ render: 85 })
  })

  it.each([
    [undefined, { type: 'single_payment', intervalUnit: null, intervalCount: null }],
    ['week', { type: 'subscription', intervalUnit: 'week', intervalCount: 1 }],
  ] as const)(
    'is created with a free plan that has the requested interval (interval: %s)',
    async (defaultPlanIntervalUnit, terms) => {
      await using studio = await startStudio()
      const { node } = studio
      const { pricingModel: made } = await node.pricingModels.create({
        pricingModel: { name: 'New' },
        ...(defaultPlanIntervalUnit && { defaultPlanIntervalUnit }),
      })
      expect(made).not.toHaveProperty('products')
      const { pricingModel: copy } = await node.pricingModels.clone(made.id, { name: 'Copy' })
      expect(copy.products).toMatchObject([
        {
          name: 'Free Plan',
          slug: 'free',
          default: true,
          description: 'Default plan',
          features: [],
          prices: [{ name: 'Free Plan', slug: 'free', unitPrice: 0, isDefault: true, ...terms }],
        },
      ])
    },
  )

  it('is cloned with new IDs, but without usage prices and resources', async () => {
    await using studio = await startStudio()
    const original = await model(studio)
    const { pricingModel: copy } = await studio.node.pricingModels.clone(original.id, { name: 'Copy' })
    const ids = (from: typeof copy) =>
      new Set(JSON.stringify(from).match(/(price|prod|feature|usage_meter)_\w{21}/g))
    expect([...ids(copy)].filter((id) => ids(original).has(id))).toEqual([])
    const outline = ({ products }: typeof copy) =>
      products.map(({ slug, features, prices }) => ({
        slug,
        features: features.map((feature) => feature.slug),
        prices: prices.map((price) => [price.slug, price.unitPrice]),
      }))
    expect(outline(copy)).toEqual(outline(original))
    expect(copy).toMatchObject({ name: 'Copy', isDefault: false, defaultProduct: { slug: 'hobby' } })
    expect(copy.usageMeters.map(({ slug, prices, defaultPrice }) => [slug, prices, defaultPrice])).toEqual([
      ['render', [], null],
      ['exports', [], null],
      ['viewers', [], null],
    ])
    const [seats] = (await studio.node.resources.list({ pricingModelId: original.id })).resources
    const features = copy.products.flatMap((product) => product.features)
    expect(features.find(({ slug }) => slug === 'team_seats')).toMatchObject({ resourceId: seats?.id })
  })

  it("hides its parts from another model's key", async () => {
    await using studio = await startStudio()
    const { pricingModel: copy } = await studio.node.pricingModels.clone((await model(studio)).id, {
      name: 'Copy',
    })
    const hidden = { id: copy.id, name: 'Copy', products: [], usageMeters: [], defaultProduct: null }
    expect((await studio.node.pricingModels.retrieve(copy.id)).pricingModel).toMatchObject(hidden)
    await studio.node.pricingModels.update(copy.id, {
      pricingModel: { id: copy.id, name: 'Copy', isDefault: true },
    })
    expect((await studio.node.pricingModels.retrieveDefault()).pricingModel).toMatchObject(hidden)
    expect(await studio.node.get(`/api/v1/pricing-models/${copy.id}/export`)).toMatchObject({
      pricingModel: {
        name: 'Copy',
        isDefault: true,
        features: [],
        products: [],
        usageMeters: [],
        resources: [],
      },
    })
    await expect(studio.node.get('/api/v1/pricing-models/x/export')).rejects.toMatchObject({
      status: 404,
      error: { error: 'Pricing model x not found', code: 'NOT_FOUND' },
    })
  })
})

describe('a feature', () => {
  const feature = { id: '', type: 'toggle' }

  it('is removed from products when it is deactivated, but not from existing subscriptions', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price')
    const toggle = (await productOf(studio, 'team')).features.find((f) => f.slug === 'watermark_free')
    const put = (active: boolean) =>
      studio.node.put(`/api/v1/features/${toggle?.id}`, { body: { feature: { ...feature, active } } })
    const slugs = async () => (await productOf(studio, 'team')).features.map((f) => f.slug)
    await put(false)
    expect(await slugs()).not.toContain('watermark_free')
    const items = (await studio.plan('ada')).experimental?.featureItems
    expect(items?.find((item) => item.slug === 'watermark_free')).toMatchObject({
      productFeatureId: null,
      detachedReason: 'product_feature_expired',
      expiredAt: null,
    })
    await put(true)
    expect(await slugs()).toContain('watermark_free')
  })

  it('can be removed from a product and restored', async () => {
    await using studio = await startStudio()
    const team = await productOf(studio, 'team')
    const post = (path: string, body: object) => studio.node.post(`/api/v1/product-features${path}`, { body })
    const link = { productFeature: { productId: team.id, featureId: team.features[0]?.id } }
    const { productFeature } = (await post('', link)) as { productFeature: { id: string } }
    expect(productFeature).toMatchObject({
      ...link.productFeature,
      expiredAt: null,
      organizationId: team.organizationId,
    })
    expect(await post(`/${productFeature.id}/expire`, {})).toEqual({ success: true })
    expect((await productOf(studio, 'team')).features).toHaveLength(team.features.length - 1)
    expect(await post('/nobody/expire', {})).toEqual({ success: true })
    expect(await post('', link)).toMatchObject({ productFeature: { id: productFeature.id, expiredAt: null } })
  })
})

/** Returns the issues of a rejected request in order, without their messages. */
async function issuesOf({ node }: Studio, method: 'post' | 'put', path: string, body: object) {
  const rejection: unknown = await node[method](`/api/v1${path}`, { body }).catch((error: unknown) => error)
  const { status, error } = rejection as { status: number; error: { error: Record<string, unknown>[] } }
  expect(status).toBe(400)
  return error.error.map(({ message: _, ...issue }) => issue)
}

it('accepts catalog numbers as strings and reports invalid numbers in field order', async () => {
  await using studio = await startStudio()
  const { id: productId } = await productOf(studio, 'team')
  const price = { type: 'subscription', isDefault: true, intervalUnit: 'month', productId, slug: 'text' }
  const path = (key: string) => ({ path: ['price', key] })
  expect(
    await studio.node.post('/api/v1/prices', {
      body: { price: { ...price, unitPrice: '700', intervalCount: '2' } },
    }),
  ).toMatchObject({ price: { unitPrice: 700, intervalCount: 2 } })
  const none = { code: 'invalid_type', expected: 'number', received: 'NaN' }
  expect(await issuesOf(studio, 'post', '/prices', { price })).toEqual([
    { ...none, ...path('intervalCount') },
    {
      code: 'invalid_union',
      errors: [
        [{ ...none, path: [], message: expect.any(String) }],
        [{ code: 'invalid_value', values: [0], path: [], message: expect.any(String) }],
      ],
      ...path('unitPrice'),
    },
  ])
  const small = { origin: 'number', code: 'too_small', minimum: 0, inclusive: false }
  expect(
    await issuesOf(studio, 'post', '/prices', {
      price: { ...price, unitPrice: -1, intervalCount: 0, usageMeterId: 'x' },
    }),
  ).toEqual([
    { ...small, ...path('intervalCount') },
    { ...small, ...path('unitPrice') },
    { code: 'invalid_type', expected: 'null', ...path('usageMeterId') },
  ])
})

it.each([
  ['/customers', 'customer', {}, ['email', 'name', 'externalId']],
  ['/usage-events', 'usageEvent', {}, ['subscriptionId', 'amount', 'transactionId']],
  ['/resources', 'resource', {}, ['slug', 'name']],
  ['/usage-meters', 'usageMeter', {}, ['name', 'slug']],
  ['/features', 'feature', { type: 'toggle' }, ['slug', 'name', 'description', 'pricingModelId']],
  [
    '/features',
    'feature',
    { type: 'resource', slug: 's', name: 'n', description: 'd', usageMeterId: 'x' },
    ['amount', 'usageMeterId', 'pricingModelId', 'resourceId'],
  ],
])('POST %s reports errors in field order (%#)', async (path, key, fields, missing) => {
  const studio = shared()
  const found = await issuesOf(studio, 'post', path, { [key]: fields })
  expect(found.map((issue) => issue.path)).toEqual(missing.map((name) => [key, name]))
})

it('rejects a duplicate resource slug and a resource update without an ID', async () => {
  await using studio = await startStudio()
  const { node } = studio
  const { resource } = (await node.post('/api/v1/resources', {
    body: { resource: { slug: 'desks', name: 'Desks' } },
  })) as { resource: { id: string } }
  const { id } = resource
  await expect(
    node.post('/api/v1/resources', { body: { resource: { slug: 'desks', name: 'Desks' } } }),
  ).rejects.toMatchObject({ status: 500, error: { error: expect.stringContaining('duplicate key') } })
  expect(await issuesOf(studio, 'put', `/resources/${id}`, { resource: {} })).toMatchObject([
    { path: ['resource', 'id'] },
  ])
  expect(await node.resources.update(id, { resource: { id, active: false } })).toMatchObject({
    resource: { slug: 'desks', name: 'Desks', active: false },
  })
})

describe('seats', () => {
  const seats = async () => {
    const studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    return { studio, id, claims: `/resource-claims/${id}` }
  }

  it("require exactly one selector, and return the platform's errors", async () => {
    const { studio, claims } = await seats()
    await using _ = studio
    for (const [call, text] of [
      ['claim', 'quantity, externalId, or externalIds'],
      ['release', 'quantity, externalId, externalIds, or claimIds'],
    ]) {
      const body = { resourceSlug: 'seats', quantity: 1, externalId: 'a' }
      const message = `Exactly one of ${text} must be provided`
      await expect(studio.node.post(`/api/v1${claims}/${call}`, { body })).rejects.toMatchObject({
        status: 400,
        error: { error: Array.from({ length: 2 }, () => ({ code: 'custom', path: [], message })) },
      })
    }
    await expect(studio.node.get(`/api/v1${claims}/usage`)).rejects.toMatchObject({
      status: 400,
      error: {
        error: [
          { code: 'custom', path: [], message: 'Exactly one of resourceSlug or resourceId must be provided' },
        ],
      },
    })
  })

  it("are listed even after the plan has ended, and their claims omit the feature's ID", async () => {
    const { studio, id } = await seats()
    await using _ = studio
    const { node } = studio
    const { claims } = await node.resourceClaims.claim(id, { resourceSlug: 'seats', externalId: 'grace' })
    expect(claims[0]).toMatchObject({ externalId: 'grace' })
    expect(claims[0]).not.toHaveProperty('subscriptionItemFeatureId')
    await node.subscriptions.cancel(id, { cancellation: { timing: 'immediately' } })
    expect(await node.resourceClaims.retrieveUsage(id, { resourceSlug: 'seats' })).toMatchObject({
      usage: { capacity: 0, claimed: 0, available: 0 },
      claims: [],
    })
    expect(await node.resourceClaims.listUsages(id)).toHaveLength(1)
  })
})

describe("a subscription's feature", () => {
  const itemOf = async (studio: Studio) => (await studio.plan('ada')).subscriptionItems?.[0]?.id ?? ''
  const post = ({ node }: Studio, subscriptionItemFeature: object) =>
    node.post('/api/v1/subscription-item-features', { body: { subscriptionItemFeature } })

  it("applies immediately after it is added, and keeps the original feature's name", async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const toggle = (await productOf(studio, 'team')).features.find((f) => f.type === 'toggle')
    const given = {
      type: 'toggle',
      subscriptionItemId: await itemOf(studio),
      featureId: toggle?.id,
      name: 'other',
      slug: 'other',
    }
    const { subscriptionItemFeature } = (await post(studio, given)) as {
      subscriptionItemFeature: { id: string }
    }
    expect(subscriptionItemFeature).toMatchObject({
      name: toggle?.name,
      slug: toggle?.slug,
      productFeatureId: null,
      amount: null,
      expiredAt: null,
      manuallyCreated: false,
    })
    const billing = await studio.server('ada').getBilling()
    expect(billing.checkFeatureAccess(toggle?.slug ?? '')).toBe(true)
    await expect(post(studio, given)).rejects.toMatchObject({
      status: 500,
      error: { error: expect.stringContaining('duplicate key') },
    })
    await expect(post(studio, { ...given, featureId: 'x' })).rejects.toMatchObject({ status: 500 })
    const { id } = subscriptionItemFeature
    const put = (body: object) =>
      studio.node.put(`/api/v1/subscription-item-features/${id}`, {
        body: { subscriptionItemFeature: { id, type: 'toggle', ...body } },
      })
    expect(await put({ manuallyCreated: true })).toMatchObject({
      subscriptionItemFeature: { id, slug: toggle?.slug, manuallyCreated: true },
    })
  })

  it('gives no seats after it expires', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id, experimental } = await studio.subscribe('ada', 'team_price')
    const seats = experimental?.featureItems.find((item) => item.slug === 'team_seats')
    const capacity = async () =>
      (await studio.node.resourceClaims.retrieveUsage(id, { resourceSlug: 'seats' })).usage.capacity
    expect(await capacity()).toBeGreaterThan(0)
    await studio.node.put(`/api/v1/subscription-item-features/${seats?.id}`, {
      body: { subscriptionItemFeature: { ...seats, expiredAt: studio.now() } },
    })
    expect(await capacity()).toBe(0)
  })

  it('grants its credits at the first renewal after it is added', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const grant = (await productOf(studio, 'team')).features.find((f) => f.slug === 'team_render')
    await post(studio, {
      type: 'usage_credit_grant',
      subscriptionItemId: await itemOf(studio),
      featureId: grant?.id,
      amount: 7,
      usageMeterId: grant?.usageMeterId,
      renewalFrequency: 'every_billing_period',
      name: '',
      slug: '',
    })
    const { render } = await studio.balances('ada')
    await studio.renew('ada')
    expect(await studio.balances('ada')).toMatchObject({ render: (render ?? 0) + 7 })
  })

  it('rejects an unknown meter, an unknown resource and a huge amount, and keeps all credits if an amount is negative', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { features } = await productOf(studio, 'team')
    const grant = features.find((f) => f.slug === 'team_render')
    const seats = features.find((f) => f.type === 'resource')
    const itemId = await itemOf(studio)
    const common = { subscriptionItemId: itemId, name: '', slug: '' }
    const credits = {
      ...common,
      type: 'usage_credit_grant',
      featureId: grant?.id,
      amount: -7,
      usageMeterId: grant?.usageMeterId,
      renewalFrequency: 'every_billing_period',
    }
    const seat = { ...common, type: 'resource', featureId: seats?.id, amount: 1, resourceId: 'x' }
    await expect(post(studio, { ...credits, usageMeterId: 'x' })).rejects.toMatchObject({ status: 500 })
    await expect(post(studio, seat)).rejects.toMatchObject({ status: 500 })
    await expect(post(studio, { ...credits, amount: 2 ** 31 })).rejects.toMatchObject({ status: 500 })
    const { subscriptionItemFeature } = (await post(studio, credits)) as {
      subscriptionItemFeature: { id: string }
    }
    const { id } = subscriptionItemFeature
    await expect(
      studio.node.put(`/api/v1/subscription-item-features/${id}`, {
        body: { subscriptionItemFeature: { ...credits, id, usageMeterId: 'x' } },
      }),
    ).rejects.toMatchObject({ status: 500 })
    const before = await studio.balances('ada')
    await studio.renew('ada')
    expect(await studio.balances('ada')).toEqual(before)
  })
})

it.each([
  ['/products/x', 500, 'An unexpected error occurred. Please try again.'],
  ['/prices/x', 404, 'Price not found'],
  ['/features/x', 500, 'Unwrap called on Err: NotFoundError: No features found with id: x'],
  ['/usage-meters/x', 500, 'Unwrap called on Err: NotFoundError: No usage meters found with id: x'],
  ['/product-features/x', 500, 'Unwrap called on Err: NotFoundError: No product features found with id: x'],
  ['/pricing-models/x', 500, 'Pricing Model x not found'],
  ['/resources/x', 500, 'Unwrap called on Err: NotFoundError: No resources found with id: x'],
  ['/usage-events/x', 500, 'Unwrap called on Err: NotFoundError: No usage events found with id: x'],
  ['/subscription-item-features/x', 404, 'subscriptionItemFeature with id x not found.'],
])('responds to GET %s with %d like the platform', async (path, status, error) => {
  const studio = shared()
  await expect(studio.node.get(`/api/v1${path}`)).rejects.toMatchObject({ status, error: { error } })
})
