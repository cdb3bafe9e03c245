import { describe, expect, it } from 'vitest'
import {
  aPrice,
  badRequest,
  conflict,
  failed,
  forbidden,
  notFound,
  startCatalog,
  unable,
  unexpected,
} from './catalogCalls.ts'

const slugTaken = conflict(
  'This product slug already exists in this pricing model. Please choose a different slug.',
)

describe('the default product', () => {
  it('stays active when its name, description and image change', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('hobby')
    const change = { name: 'Starter', description: 'Begin here', imageURL: 'https://a.example/i.png' }
    const answer = await catalog.call('PUT', `/products/${id}`, {
      product: { id, ...change, active: false, default: true, slug: 'hobby', pluralQuantityLabel: null },
    })
    expect(answer).toMatchObject({ status: 200, product: { ...change, active: true, default: true } })
  })

  it('rejects changes to its slug and quantity label with an error that names the fields', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('hobby')
    const product = { id, name: 'Hobby', active: true, slug: 'x', singularQuantityLabel: 'seat' }
    expect(await catalog.call('PUT', `/products/${id}`, { product })).toEqual(
      badRequest(
        'Cannot update the following fields on default products: singularQuantityLabel, slug. Only name, displayFeatures, description, imageURL, active can be modified.',
      ),
    )
  })

  it('ignores the price in an update', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('hobby')
    const before = await catalog.prices(id)
    const body = { product: { id, name: 'H', active: true }, price: aPrice({ productId: id }) }
    expect(await catalog.call('PUT', `/products/${id}`, body)).toMatchObject({ status: 200 })
    expect(await catalog.prices(id)).toEqual(before)
  })

  it('gives its new features only to new subscriptions', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('hobby')
    await catalog.customer('ada')
    const featureIds = [catalog.feature('team_exports').id]
    await catalog.call('PUT', `/products/${id}`, { product: { id, name: 'Hobby', active: true }, featureIds })
    await catalog.customer('grace')
    expect(await catalog.balances('ada')).toEqual({ render: 85 })
    expect(await catalog.balances('grace')).toEqual({ exports: 40 })
  })
})

describe('a product', () => {
  it('rejects a change to its default flag', async () => {
    await using catalog = await startCatalog()
    for (const [slug, isDefault] of [
      ['hobby', false],
      ['team', true],
    ] as const) {
      const { id } = catalog.product(slug)
      const product = { id, name: 'X', active: true, default: isDefault }
      expect(await catalog.call('PUT', `/products/${id}`, { product })).toEqual(
        badRequest('Cannot change the default status of a product'),
      )
    }
  })

  it('is created as active and not as the default, regardless of the request', async () => {
    await using catalog = await startCatalog()
    const { pricingModelId } = catalog
    const { product } = await catalog.node.products.create({
      product: { name: 'Quiet', slug: ' quiet ', active: false, pricingModelId },
      price: { type: 'single_payment', isDefault: false, unitPrice: 5, active: false },
    })
    expect(product).toEqual({
      id: expect.stringMatching(/^prod_/),
      createdAt: expect.any(Number),
      updatedAt: expect.any(Number),
      livemode: false,
      organizationId: expect.stringMatching(/^org_/),
      pricingModelId,
      name: 'Quiet',
      slug: 'quiet',
      description: null,
      imageURL: null,
      active: true,
      default: false,
      singularQuantityLabel: null,
      pluralQuantityLabel: null,
    })
    expect(await catalog.prices(product.id)).toEqual([
      { slug: null, unitPrice: 5, active: true, isDefault: true },
    ])
  })

  it("is created only if the request names the API key's pricing model", async () => {
    await using catalog = await startCatalog()
    const create = (fields: object) =>
      catalog.call('POST', '/products', {
        product: { name: 'X', slug: 'team', active: true, ...fields },
        price: aPrice({}),
      })
    expect(await create({ pricingModelId: 'pricing_model_other' })).toEqual(
      forbidden('Unable to access this product. Please verify your organization permissions.'),
    )
    expect(await create({})).toMatchObject({ status: 400, error: [{ path: ['product', 'pricingModelId'] }] })
    expect(await create({ pricingModelId: catalog.pricingModelId })).toEqual(slugTaken)
    expect(await create({ pricingModelId: catalog.pricingModelId, default: true })).toEqual(
      forbidden(
        'Default products cannot be created manually. They are automatically created when pricing models are created.',
      ),
    )
  })

  it('rejects the slug `free`, and requires `id`, `name` and `active` in an update', async () => {
    await using catalog = await startCatalog()
    const { pricingModelId } = catalog
    const product = { name: 'X', slug: ' Free ', active: true, pricingModelId }
    expect(await catalog.call('POST', '/products', { product, price: aPrice({}) })).toMatchObject({
      status: 400,
      error: [
        {
          code: 'custom',
          path: ['product', 'slug'],
          message: "Slug 'free' is reserved for default products only",
        },
      ],
    })
    expect(await catalog.call('PUT', '/products/x', { product: {} })).toMatchObject({
      status: 400,
      error: ['id', 'name', 'active'].map((field) => ({ path: ['product', field] })),
    })
  })

  it('is not stored if its price or a feature is rejected', async () => {
    await using catalog = await startCatalog()
    const { id: feature } = catalog.feature('team_exports')
    const toggle = catalog.feature('watermark_free').id
    const usage = { type: 'usage', usageEventsPerUnit: 1, usageMeterId: catalog.meter('render').id }
    const create = (price: object, featureIds: string[] = [], slug = 'new') =>
      catalog.call('POST', '/products', {
        product: { name: 'X', slug, active: true, pricingModelId: catalog.pricingModelId },
        price,
        featureIds,
      })
    expect(await create(aPrice({}), [feature, feature])).toEqual(
      conflict('This feature is already linked to this product.'),
    )
    expect(await create(aPrice({}), ['feature_x'])).toEqual(
      badRequest("This operation references data that does not exist or you don't have access to."),
    )
    expect(await create({ type: 'single_payment', isDefault: true, unitPrice: 1 }, [toggle], 'team')).toEqual(
      unexpected,
    )
    expect(await create(aPrice({ slug: 'agency_price' }))).toEqual(unable('bulk'))
    expect(await create(aPrice({ unitPrice: 3e9 }))).toEqual(
      badRequest('The number provided is out of range.'),
    )
    expect(await create(aPrice(usage), [feature], 'team')).toEqual(unexpected)
    expect(await create(aPrice(usage))).toEqual(
      conflict('This usage meter is default unique already exists. Please choose a different value.'),
    )
    expect(await create(aPrice({ ...usage, usageMeterId: 'usage_meter_x' }))).toEqual(
      forbidden(
        'This operation could not be completed due to security restrictions. Please contact support if you believe this is an error.',
      ),
    )
    const { data } = await catalog.node.products.list()
    expect(data.map(({ slug }) => slug)).not.toContain('new')
  })

  it("is identified by the body's ID in an update, even if the URL contains a different ID", async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('team')
    const put = (product: object) => catalog.call('PUT', '/products/other', { product })
    expect(await put({ id, name: '', active: false })).toMatchObject({
      status: 200,
      product: { id, name: '', active: false, slug: 'team', description: 'Team plan' },
    })
    expect(await put({ id: 'prod_x', name: 'X', active: true })).toEqual(unexpected)
    expect(await put({ id, name: 'X', active: true, slug: 'agency' })).toEqual(slugTaken)
  })

  it('gives its new slug to its price, and rejects the slug of another active price', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('team')
    const rename = (slug: string, price?: object) =>
      catalog.call('PUT', `/products/${id}`, { product: { id, name: 'Team', active: true, slug }, price })
    expect(await rename('agency_price')).toEqual(unable('update'))
    expect(await rename('agency_price', aPrice({ productId: id }))).toEqual(unable('insert'))
    expect(await rename('crew')).toMatchObject({ status: 200 })
    expect(await catalog.prices(id)).toEqual([
      { slug: 'crew', unitPrice: 4900, active: true, isDefault: true },
    ])
    expect(await rename('crew', aPrice({ productId: id, slug: 'agency_price' }))).toEqual(unable('insert'))
  })
})

describe("a product update's price", () => {
  it('replaces the current price only if it differs', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('pack')
    const put = (price: object) =>
      catalog.call('PUT', `/products/${id}`, {
        product: { id, name: 'Render pack', active: true },
        price: { type: 'single_payment', isDefault: true, productId: id, ...price },
      })
    const [before] = await catalog.prices(id)
    expect(await put({ unitPrice: 1200 })).toMatchObject({ status: 200 })
    expect(await catalog.prices(id)).toEqual([before])
    await put({ unitPrice: 1300 })
    expect(await catalog.prices(id)).toEqual([
      { ...before, active: false, isDefault: false },
      { ...before, unitPrice: 1300 },
    ])
    await put({ unitPrice: 1300, active: false })
    expect(await catalog.prices(id)).toHaveLength(3)
    expect((await catalog.prices(id)).at(-1)).toEqual({ ...before, unitPrice: 1300 })
  })

  it('applies to the product or meter that it names', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('team')
    const { id: agency } = catalog.product('agency')
    const { id: usageMeterId } = catalog.meter('exports')
    const product = { id, name: 'Team', active: true }
    const put = (price: object) => catalog.call('PUT', `/products/${id}`, { product, price: aPrice(price) })
    expect(await put({ productId: agency, slug: 'other' })).toMatchObject({ status: 200 })
    expect((await catalog.prices(agency)).at(-1)).toMatchObject({ slug: 'other', unitPrice: 1000 })
    expect(await put({ productId: 'prod_x' })).toEqual(unexpected)
    const usage = { type: 'usage', usageEventsPerUnit: 3, isDefault: false, slug: 'counted' }
    expect(await put({ ...usage, usageMeterId })).toMatchObject({ status: 200 })
    expect(await put({ ...usage, usageMeterId: 'usage_meter_x' })).toEqual(
      notFound('The requested usage_meters could not be found.'),
    )
    const { pricingModel } = await catalog.node.pricingModels.retrieveDefault()
    expect(pricingModel.usageMeters.find((meter) => meter.id === usageMeterId)?.prices).toMatchObject([
      { slug: 'exports_no_charge', isDefault: true },
      { slug: 'counted', isDefault: false, usageEventsPerUnit: 3 },
    ])
    expect(await catalog.prices(id)).toHaveLength(1)
  })
})

it('returns all prices and current features from GET /products/:id and 500 for an unknown ID', async () => {
  await using catalog = await startCatalog()
  const { id } = catalog.product('team')
  await catalog.call('POST', '/prices', { price: aPrice({ productId: id, slug: 'team_2' }) })
  await catalog.call('PUT', `/products/${id}`, {
    product: { id, name: 'Team', active: false },
    featureIds: [catalog.feature('team_render').id],
  })
  expect(await catalog.call('GET', `/products/${id}`)).toMatchObject({
    status: 200,
    active: false,
    prices: [{ slug: 'team_price', active: false }, { slug: 'team_2' }],
    defaultPrice: { slug: 'team_2' },
    features: [{ slug: 'team_render' }],
  })
  expect(await catalog.call('GET', '/products/prod_x')).toEqual(failed(unexpected.error))
})
