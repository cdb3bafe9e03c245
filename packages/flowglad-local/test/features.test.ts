import { describe, expect, it } from 'vitest'
import { failed, notFound, startCatalog } from './catalogCalls.ts'
import { dayMs } from './studio.ts'

type Catalog = Awaited<ReturnType<typeof startCatalog>>

const aToggle = ({ pricingModelId }: Catalog, fields: object = {}) => ({
  type: 'toggle',
  slug: 'sso',
  name: 'SSO',
  description: '',
  pricingModelId,
  ...fields,
})
const refused = (table: string) =>
  failed(
    expect.stringMatching(`^Failed to insert item into ${table}: Failed to insert items into ${table}: `),
  )

describe('a feature', () => {
  it("is created only if the request names the API key's pricing model", async () => {
    await using catalog = await startCatalog()
    const create = (fields: object) =>
      catalog.call('POST', '/features', { feature: aToggle(catalog, fields) })
    expect(await create({})).toEqual({
      status: 200,
      feature: {
        id: expect.stringMatching(/^feature_/),
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
        livemode: false,
        organizationId: expect.stringMatching(/^org_/),
        type: 'toggle',
        slug: 'sso',
        name: 'SSO',
        description: '',
        amount: null,
        usageMeterId: null,
        renewalFrequency: null,
        pricingModelId: catalog.pricingModelId,
        resourceId: null,
        active: true,
      },
    })
    const grant = { type: 'usage_credit_grant', slug: 'g', amount: 1, renewalFrequency: 'once' }
    const usageMeterId = catalog.meter('render').id
    for (const fields of [
      {},
      { slug: 'a', pricingModelId: 'pricing_model_other' },
      { ...grant, usageMeterId: 'usage_meter_x' },
      { ...grant, usageMeterId, amount: 3e9 },
    ])
      expect(await create(fields)).toEqual(refused('features'))
    expect(await create({ slug: 'a', pricingModelId: undefined })).toMatchObject({
      status: 400,
      error: [{ path: ['feature', 'pricingModelId'] }],
    })
  })

  it("is identified by the URL's ID in an update, even if the body contains a different ID", async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.feature('watermark_free')
    const put = (path: string, fields: object) =>
      catalog.call('PUT', `/features/${path}`, { feature: { id: 'other', type: 'toggle', ...fields } })
    expect(await put(id, { name: '', slug: ' clean ' })).toMatchObject({
      status: 200,
      feature: { id, name: '', slug: 'clean' },
    })
    expect(await put(id, { slug: 'team_render' })).toEqual(
      failed(expect.stringMatching(`^Failed to update features with id ${id}: `)),
    )
    expect(await put('feature_x', {})).toEqual(
      failed('Unwrap called on Err: NotFoundError: No features found with id: feature_x'),
    )
  })

  it("changes its type only if the previous type's fields are null", async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.feature('team_render')
    const put = (feature: object) => catalog.call('PUT', `/features/${id}`, { feature: { id, ...feature } })
    expect(await put({ type: 'toggle' })).toEqual(
      failed(expect.stringMatching(`^Failed to update features with id ${id}: `)),
    )
    const none = { amount: null, usageMeterId: null, renewalFrequency: null }
    expect(await put({ type: 'toggle', ...none })).toMatchObject({
      status: 200,
      feature: { type: 'toggle', ...none },
    })
  })
})

describe("a product's feature", () => {
  const link = (catalog: Catalog, fields: object) =>
    catalog.call('POST', '/product-features', {
      productFeature: {
        productId: catalog.product('hobby').id,
        featureId: catalog.feature('watermark_free').id,
        ...fields,
      },
    })
  const hobbyFeatures = async ({ node, product }: Catalog) => {
    const { features } = await node.products.retrieve(product('hobby').id)
    return features.map(({ slug }) => slug)
  }

  it("can't link an unknown product or feature, or a toggle to a one-time product", async () => {
    await using catalog = await startCatalog()
    expect(await link(catalog, { productId: 'prod_x' })).toEqual(notFound('Product with id prod_x not found'))
    expect(await link(catalog, { featureId: 'feature_x' })).toEqual(
      failed('Unwrap called on Err: NotFoundError: No features found with id: feature_x'),
    )
    expect(await link(catalog, { productId: catalog.product('pack').id })).toEqual(
      failed(
        'Cannot associate toggle features with single payment products. Toggle features require subscription-based pricing.',
      ),
    )
  })

  it('can be created with an expiry date, and is restored without one after it expires', async () => {
    await using catalog = await startCatalog()
    const expiredAt = catalog.now() + dayMs
    const created = await link(catalog, { expiredAt: new Date(expiredAt).toISOString() })
    expect(created).toMatchObject({ status: 200, productFeature: { expiredAt } })
    expect(await hobbyFeatures(catalog)).toContain('watermark_free')
    await catalog.customer('ada')
    catalog.advance(2 * dayMs)
    expect(await hobbyFeatures(catalog)).not.toContain('watermark_free')
    await catalog.customer('grace')
    const hasToggle = async (customer: string) =>
      (await catalog.plan(customer)).experimental?.featureItems.some(({ type }) => type === 'toggle')
    expect(await hasToggle('ada')).toBe(true)
    expect(await hasToggle('grace')).toBe(false)
    expect(await link(catalog, { expiredAt })).toMatchObject({ productFeature: { expiredAt: null } })
  })

  it('gets a new end when it is expired again', async () => {
    await using catalog = await startCatalog()
    const link = { productId: catalog.product('hobby').id, featureId: catalog.feature('team_exports').id }
    const { productFeature } = await catalog.node.post<{ productFeature: { id: string } }>(
      '/api/v1/product-features',
      { body: { productFeature: link } },
    )
    const path = `/product-features/${productFeature.id}`
    const expire = () => catalog.call('POST', `${path}/expire`, {})
    expect(await expire()).toEqual({ status: 200, success: true })
    const first = await catalog.call('GET', path)
    catalog.advance(dayMs)
    await expire()
    expect(await catalog.call('GET', path)).not.toEqual(first)
  })
})
