import { describe, expect, it } from 'vitest'
import { aPrice, badRequest, failed, forbidden, notFound, startCatalog } from './catalogCalls.ts'

type Catalog = Awaited<ReturnType<typeof startCatalog>>

const aUsagePrice = (fields: object) => aPrice({ type: 'usage', usageEventsPerUnit: 1, ...fields })
const update = ({ call }: Catalog, id: string, fields: object) =>
  call('PUT', '/prices/other', { price: { id, type: 'subscription', isDefault: true, ...fields } })
const meterPrices = async ({ node }: Catalog, slug: string) => {
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const meter = pricingModel.usageMeters.find((m) => m.slug === slug)
  return meter?.prices.map((price) => [price.slug, price.isDefault])
}

describe('a new price', () => {
  it('becomes active and the default, and has only the fields of its type', async () => {
    await using catalog = await startCatalog()
    const { id: productId } = catalog.product('pack')
    const price = { type: 'single_payment', productId, isDefault: false, active: false, unitPrice: '700' }
    expect(await catalog.call('POST', '/prices', { price: { ...price, currency: 'EUR' } })).toEqual({
      status: 200,
      price: {
        id: expect.stringMatching(/^price_/),
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
        livemode: false,
        type: 'single_payment',
        productId,
        unitPrice: 700,
        isDefault: true,
        active: true,
        currency: 'USD',
        name: null,
        slug: null,
        intervalUnit: null,
        intervalCount: null,
        trialPeriodDays: null,
        usageEventsPerUnit: null,
        usageMeterId: null,
        pricingModelId: catalog.pricingModelId,
      },
    })
  })

  it('is rejected for the default product and for a product with prices of a different type', async () => {
    await using catalog = await startCatalog()
    const create = (fields: object) => catalog.call('POST', '/prices', { price: aPrice(fields) })
    expect(await create({ productId: ' ' })).toEqual(
      badRequest('Subscription and single payment prices require a productId.'),
    )
    expect(await create({ productId: 'prod_x' })).toEqual(
      failed('Unwrap called on Err: NotFoundError: No products found with id: prod_x'),
    )
    expect(await create({ productId: catalog.product('hobby').id })).toEqual(
      forbidden('Cannot create additional prices for the default plan'),
    )
    expect(await create({ productId: catalog.product('pack').id })).toEqual(
      forbidden('Cannot create price of a different type than the existing prices for the product'),
    )
    expect(await create({ productId: catalog.product('team').id, unitPrice: 3e9 })).toEqual(
      failed(
        expect.stringMatching(/^Failed to insert item into prices: Failed to insert items into prices: /),
      ),
    )
  })

  it("can reuse the slug of the price that it replaces, but not the slug of another product's price", async () => {
    await using catalog = await startCatalog()
    const { id: productId } = catalog.product('team')
    const create = (slug: string) => catalog.call('POST', '/prices', { price: aPrice({ productId, slug }) })
    expect(await create('team_price')).toMatchObject({ status: 200, price: { slug: 'team_price' } })
    expect(await create('agency_price')).toEqual(
      failed(expect.stringMatching(/^Failed to insert item into prices: .*duplicate slug "agency_price"/)),
    )
    expect(await catalog.prices(productId)).toEqual([
      { slug: 'team_price', unitPrice: 4900, active: false, isDefault: false },
      { slug: 'team_price', unitPrice: 1000, active: true, isDefault: true },
    ])
  })

  it("can reuse any price's slug as a meter's price, but can't use the reserved suffix", async () => {
    await using catalog = await startCatalog()
    const { id: usageMeterId } = catalog.meter('render')
    const create = (fields: object) =>
      catalog.call('POST', '/prices', { price: aUsagePrice({ usageMeterId, isDefault: false, ...fields }) })
    for (const slug of ['team_price', 'render_extra'])
      expect(await create({ slug })).toMatchObject({ status: 200, price: { slug, isDefault: false } })
    expect(await create({ slug: 'x_no_charge' })).toEqual(
      badRequest(
        'Usage price slugs ending with "_no_charge" are reserved for auto-generated fallback prices',
      ),
    )
    expect(await create({ usageMeterId: 'usage_meter_x' })).toEqual(
      failed('No usage meters found with id: usage_meter_x'),
    )
    await create({ slug: 'night', isDefault: true })
    expect(await meterPrices(catalog, 'render')).toEqual([
      ['render_extra', false],
      ['render_no_charge', false],
      ['team_price', false],
      ['render_extra', false],
      ['night', true],
    ])
  })
})

describe('a price', () => {
  it('can change its name, slug and state but not its terms', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('team').defaultPrice
    const change = { name: null, slug: 'crew', active: false }
    expect(await update(catalog, id, { ...change, unitPrice: 1, trialPeriodDays: 9 })).toMatchObject({
      status: 200,
      price: { id, ...change, isDefault: true, unitPrice: 4900, trialPeriodDays: null },
    })
    expect(await update(catalog, id, { type: 'single_payment' })).toEqual(
      failed(
        'Unwrap called on Err: ValidationError: Invalid type: Cannot change type after price creation. This field is immutable.',
      ),
    )
    expect(await update(catalog, 'price_x', {})).toEqual(
      failed('Unwrap called on Err: NotFoundError: No prices found with id: price_x'),
    )
  })

  it("can't be active under the slug of another product's active price", async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('team').defaultPrice
    const duplicate = failed(
      expect.stringMatching(`^Failed to update prices with id ${id}: duplicate slug "agency_price"`),
    )
    expect(await update(catalog, id, { slug: 'agency_price' })).toEqual(duplicate)
    expect(await update(catalog, id, { slug: 'agency_price', active: false })).toMatchObject({ status: 200 })
    expect(await update(catalog, id, { active: true })).toEqual(duplicate)
  })

  it('stops being the default when another price of its product becomes the default', async () => {
    await using catalog = await startCatalog()
    const { id: productId, defaultPrice } = catalog.product('team')
    await catalog.call('POST', '/prices', { price: aPrice({ productId, slug: 'team_2' }) })
    const defaults = async () => (await catalog.prices(productId)).map(({ isDefault }) => isDefault)
    await update(catalog, defaultPrice.id, {})
    expect(await defaults()).toEqual([true, false])
    await update(catalog, defaultPrice.id, { isDefault: false })
    expect(await defaults()).toEqual([false, false])
  })

  it('can be archived on the default product, but keeps its slug and default flag there', async () => {
    await using catalog = await startCatalog()
    const { id } = catalog.product('hobby').defaultPrice
    expect(await update(catalog, id, { isDefault: false, slug: 'x' })).toEqual(
      forbidden('Cannot change the default status of a default price on a default product'),
    )
    expect(await update(catalog, id, { slug: 'x' })).toEqual(
      forbidden('Cannot change the slug of the default price for a default product'),
    )
    expect(await update(catalog, id, { name: 'Gratis', active: false })).toMatchObject({
      status: 200,
      price: { name: 'Gratis', active: false },
    })
  })
})

describe("a meter's free price", () => {
  it('rejects any change except a new name', async () => {
    await using catalog = await startCatalog()
    const { prices } = catalog.meter('exports')
    const change = (fields: object) => update(catalog, prices[0]?.id ?? '', { type: 'usage', ...fields })
    expect(await change({ active: false })).toEqual(
      badRequest('No charge prices cannot be archived. They are protected as fallback prices.'),
    )
    expect(await change({ slug: 'x' })).toEqual(
      badRequest('The slug of a no charge price is immutable. Only the name can be changed.'),
    )
    expect(await change({ isDefault: false })).toEqual(
      badRequest('Default no_charge prices cannot be unset; isDefault is immutable for fallback prices.'),
    )
    expect(await change({ name: 'Free' })).toMatchObject({ status: 200, price: { name: 'Free' } })
  })

  it.each([
    ['is archived', { active: false }, { isDefault: true, active: false }],
    ['is no longer the default', { isDefault: false }, { isDefault: false, active: true }],
  ])('becomes the default when the default price %s', async (_, change, answered) => {
    await using catalog = await startCatalog()
    const { defaultPrice } = catalog.meter('render')
    // As on the platform, the response shows the price from before the free price became the default.
    expect(await update(catalog, defaultPrice?.id ?? '', { type: 'usage', ...change })).toMatchObject({
      status: 200,
      price: answered,
    })
    expect(await catalog.call('GET', `/prices/${defaultPrice?.id}`)).toMatchObject({
      price: { ...answered, isDefault: false },
    })
    expect(await meterPrices(catalog, 'render')).toContainEqual(['render_no_charge', true])
  })

  it("can't become the default after the meter's slug changes", async () => {
    await using catalog = await startCatalog()
    const { id, defaultPrice } = catalog.meter('render')
    await catalog.call('PUT', `/usage-meters/${id}`, { usageMeter: { id, slug: 'rendering' } })
    const answer = await update(catalog, defaultPrice?.id ?? '', { type: 'usage', active: false })
    expect(answer).toEqual(
      failed(`No charge price with slug rendering_no_charge not found for usage meter ${id}`),
    )
    expect(await meterPrices(catalog, 'rendering')).toContainEqual(['render_extra', true])
  })
})

it("reports an unknown type and a huge number with the messages of the platform's validator", async () => {
  await using catalog = await startCatalog()
  const create = (fields: object) =>
    catalog.call('POST', '/prices', { price: aPrice({ productId: 'x', ...fields }) })
  expect(await create({ type: 'rent' })).toEqual({
    status: 400,
    code: 'BAD_REQUEST',
    error: [
      {
        code: 'invalid_union',
        errors: [],
        note: 'No matching discriminator',
        discriminator: 'type',
        path: ['price', 'type'],
        message: 'Invalid input',
      },
    ],
  })
  expect(await create({ unitPrice: 1e20 })).toEqual({
    status: 400,
    code: 'BAD_REQUEST',
    error: [
      {
        code: 'too_big',
        maximum: Number.MAX_SAFE_INTEGER,
        note: 'Integers must be within the safe integer range.',
        origin: 'int',
        path: ['price', 'unitPrice'],
        message: 'Too big: expected int to be <9007199254740991',
      },
    ],
  })
})

it('returns 404 from GET /prices/:id for an unknown ID', async () => {
  await using catalog = await startCatalog()
  expect(await catalog.call('GET', '/prices/price_x')).toEqual(notFound('Price not found'))
})
