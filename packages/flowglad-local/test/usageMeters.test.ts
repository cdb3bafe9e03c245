import { describe, expect, it } from 'vitest'
import { badRequest, conflict, notFound, startCatalog, unable } from './catalogCalls.ts'

type Catalog = Awaited<ReturnType<typeof startCatalog>>

const slugTaken = conflict('A usage meter with this slug already exists in this pricing model.')
const create = ({ call }: Catalog, usageMeter: object, price?: object) =>
  call('POST', '/usage-meters', { usageMeter: { name: 'Scripts', slug: 'scripts', ...usageMeter }, price })

describe('a new meter', () => {
  it("is stored in the API key's pricing model with a trimmed name and slug", async () => {
    await using catalog = await startCatalog()
    const fields = { name: ' Scripts ', slug: ' scripts ', pricingModelId: 'other' }
    expect(await create(catalog, fields)).toEqual({
      status: 200,
      usageMeter: {
        id: expect.stringMatching(/^usage_meter_/),
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
        livemode: false,
        organizationId: expect.stringMatching(/^org_/),
        name: 'Scripts',
        slug: 'scripts',
        aggregationType: 'sum',
        pricingModelId: catalog.pricingModelId,
      },
    })
    expect(await create(catalog, { slug: 'render' })).toEqual(slugTaken)
    for (const fields of [{ name: ' ' }, { slug: 'x'.repeat(256) }])
      expect(await create(catalog, { slug: 'other', ...fields })).toEqual(unable('insert'))
  })

  it("can use a product price's slug", async () => {
    await using catalog = await startCatalog()
    expect(await create(catalog, { slug: 'team_price' }, { unitPrice: 0 })).toMatchObject({ status: 200 })
    const { pricingModel } = await catalog.node.pricingModels.retrieveDefault()
    expect(pricingModel.usageMeters.find(({ slug }) => slug === 'team_price')?.prices).toMatchObject([
      { name: 'Scripts', slug: 'team_price', isDefault: true, unitPrice: 0, usageEventsPerUnit: 1 },
      { name: 'Scripts - No Charge', slug: 'team_price_no_charge', isDefault: false },
    ])
  })

  it.each([
    [{ unitPrice: -5 }, unable('bulk')],
    [{ unitPrice: 1.5 }, badRequest('Validation failed: unitPrice: Invalid input')],
    [{ unitPrice: 3e9 }, badRequest('The number provided is out of range.')],
    [{ usageEventsPerUnit: 0 }, unable('bulk')],
    [
      { usageEventsPerUnit: 1.5 },
      badRequest('Validation failed: usageEventsPerUnit: Invalid input: expected int, received number'),
    ],
  ])('is rejected with the price %j', async (price, error) => {
    await using catalog = await startCatalog()
    expect(await create(catalog, {}, price)).toEqual(error)
    expect(await create(catalog, {})).toMatchObject({ status: 200 })
  })
})

describe('a meter', () => {
  it("is identified by the URL's ID in an update, and keeps the slugs of its prices", async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.meter('render')
    const put = (path: string, fields: object) =>
      catalog.call('PUT', `/usage-meters/${path}`, { usageMeter: { id: 'other', ...fields } })
    const change = { name: 'Rendering', slug: 'rendering', aggregationType: 'count_distinct_properties' }
    expect(await put(id, change)).toMatchObject({ status: 200, usageMeter: { id, ...change } })
    const { pricingModel } = await catalog.node.pricingModels.retrieveDefault()
    expect(pricingModel.usageMeters[0]?.prices.map(({ slug }) => slug)).toEqual([
      'render_extra',
      'render_no_charge',
    ])
    expect(await put(id, { slug: 'exports' })).toEqual(slugTaken)
    expect(await put(id, { name: '' })).toEqual(unable('update'))
    expect(await put('usage_meter_x', {})).toEqual(notFound('The requested usage_meters could not be found.'))
  })
})
