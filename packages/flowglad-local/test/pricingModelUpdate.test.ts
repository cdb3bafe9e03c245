import { describe, expect, it } from 'vitest'
import { startStudio } from './studio.ts'

interface Entry {
  product: Record<string, unknown>
  price: Record<string, unknown>
  features: string[]
}
interface Setup {
  name: string
  isDefault: boolean
  features: Record<string, unknown>[]
  products: Entry[]
  usageMeters: { usageMeter: Record<string, unknown>; prices: Record<string, unknown>[] | null }[]
  resources: Record<string, unknown>[]
}

/** Starts a server with functions that read and replace the whole pricing model. */
async function withModel() {
  const studio = await startStudio()
  const { node } = studio
  const { id } = (await node.pricingModels.retrieveDefault()).pricingModel
  const path = `/api/v1/pricing-models/${id}`
  /** Returns the exported parts in the format of an update. An update omits fields that are null. */
  const read = async (): Promise<Setup> => {
    const { pricingModel } = await node.get<{ pricingModel: Setup }>(`${path}/export`)
    for (const meter of pricingModel.usageMeters) meter.prices ??= []
    return JSON.parse(
      JSON.stringify(pricingModel, (key, value) =>
        value === null && key !== 'usageEventsPerUnit' && key !== 'usageMeterId' ? undefined : value,
      ),
    )
  }
  const put = (setup: object, to = path) =>
    node.put<{ pricingModel: object }>(to, { body: { pricingModel: { id, ...setup } } })
  const change = async (edit: (setup: Setup) => void) => {
    const setup = await read()
    edit(setup)
    return put(setup)
  }
  const details = async () => (await node.pricingModels.retrieve(id)).pricingModel
  const product = async (slug: string) => (await details()).products.find((entry) => entry.slug === slug)
  const meter = async (slug: string) => (await details()).usageMeters.find((entry) => entry.slug === slug)
  const resources = async () => (await node.resources.list({ pricingModelId: id })).resources
  const dispose = () => studio.close()
  return {
    studio,
    node,
    id,
    path,
    read,
    put,
    change,
    details,
    product,
    meter,
    resources,
    [Symbol.asyncDispose]: dispose,
  }
}

const entry = (setup: Setup, slug: string): Entry => {
  const found = setup.products.find(({ product }) => product.slug === slug)
  if (!found) throw new Error(`no product ${slug}`)
  return found
}
const refusal = (error: unknown) => ({ status: 500, error: { error, code: 'INTERNAL_SERVER_ERROR' } })

describe('an update with all parts', () => {
  it('keeps every record if nothing changes', async () => {
    await using model = await withModel()
    const before = await model.details()
    const { pricingModel } = await model.change(() => {})
    expect(pricingModel).not.toHaveProperty('products')
    expect(await model.details()).toEqual(before)
  })

  it("keeps subscriptions on the old price when it changes the price's terms", async () => {
    await using model = await withModel()
    await model.studio.customer('ada')
    const { priceId } = await model.studio.subscribe('ada', 'team_price')
    await model.change((setup) => {
      entry(setup, 'team').price.unitPrice = 5900
      entry(setup, 'team').product.name = 'Crew'
    })
    const team = await model.product('team')
    expect(team).toMatchObject({ name: 'Crew', prices: [{ slug: 'team_price', unitPrice: 5900 }] })
    expect(team?.defaultPrice.id).not.toBe(priceId)
    expect((await model.studio.plan('ada')).priceId).toBe(priceId)
    expect(await model.node.get(`/api/v1/prices/${priceId}`)).toMatchObject({
      price: { active: false, isDefault: false },
    })
  })

  it('adds meters, resources, features and products that refer to each other', async () => {
    await using model = await withModel()
    await model.change((setup) => {
      setup.usageMeters.push({ usageMeter: { name: 'Scripts', slug: 'scripts' }, prices: [] })
      setup.resources.push({ name: 'Desks', slug: 'desks' })
      const feature = { name: 'F', description: '', amount: 3 }
      setup.features.push(
        { ...feature, type: 'resource', slug: 'three_desks', resourceSlug: 'desks' },
        {
          ...feature,
          type: 'usage_credit_grant',
          slug: 'three_scripts',
          usageMeterSlug: 'scripts',
          renewalFrequency: 'once',
        },
      )
      const { price } = structuredClone(entry(setup, 'team'))
      setup.products.push({
        product: { name: 'Writer', slug: 'writer', active: true },
        price: { ...price, slug: 'writer_price' },
        features: ['three_desks', 'three_scripts'],
      })
    })
    const writer = await model.product('writer')
    expect(writer?.features.map(({ slug }) => slug)).toEqual(['three_desks', 'three_scripts'])
    expect(await model.meter('scripts')).toMatchObject({ prices: [], defaultPrice: null })
    await model.studio.customer('ada')
    await model.studio.subscribe('ada', 'writer_price')
    expect(await model.studio.balances('ada')).toEqual({ scripts: 3 })
  })

  it('archives omitted features and resources permanently, even if a later update contains them', async () => {
    await using model = await withModel()
    const before = await model.read()
    await model.change((setup) => {
      setup.features = setup.features.filter(({ slug }) => slug !== 'team_seats')
      setup.resources = []
      const team = entry(setup, 'team')
      team.features = team.features.filter((slug) => slug !== 'team_seats')
    })
    const slugs = async () => (await model.product('team'))?.features.map(({ slug }) => slug)
    expect(await slugs()).not.toContain('team_seats')
    expect(await model.resources()).toMatchObject([{ slug: 'seats', active: false }])
    await model.put(before)
    expect(await model.resources()).toMatchObject([{ slug: 'seats', active: false }])
    const team = await model.product('team')
    expect(team?.features.find(({ slug }) => slug === 'team_seats')).toMatchObject({ active: false })
  })

  it('prevents further exports and full updates of the model if it omits a product', async () => {
    await using model = await withModel()
    const before = await model.read()
    await model.change((setup) => {
      setup.products = setup.products.filter(({ product }) => product.slug !== 'weekly')
    })
    expect(await model.product('weekly')).toBeUndefined()
    const error = refusal('Invalid product.price: Product Weekly has no active default price')
    await expect(model.read()).rejects.toMatchObject(error)
    await expect(model.put(before)).rejects.toMatchObject(error)
  })

  it("changes only the name, description and features of the default product if it removes the product's default flag", async () => {
    await using model = await withModel()
    await model.change((setup) => {
      const hobby = entry(setup, 'hobby')
      Object.assign(hobby.product, { name: 'Starter', imageURL: 'https://x.example/i.png', default: false })
      hobby.price.unitPrice = 100
      hobby.features = ['hobby_render']
    })
    expect(await model.product('hobby')).toMatchObject({
      name: 'Starter',
      imageURL: null,
      default: true,
      defaultPrice: { unitPrice: 0 },
      features: [{ slug: 'hobby_render' }],
    })
    await model.change((setup) => {
      setup.products = setup.products.filter(({ product }) => product.slug !== 'hobby')
    })
    expect((await model.details()).defaultProduct).toMatchObject({ slug: 'hobby', name: 'Starter' })
  })

  it("clears the model's default flag unless it sets `isDefault`", async () => {
    await using model = await withModel()
    const { isDefault, ...setup } = await model.read()
    expect(isDefault).toBe(true)
    expect(await model.put({ ...setup, name: 'Renamed' })).toMatchObject({
      pricingModel: { name: 'Renamed', isDefault: false },
    })
  })

  it("replaces a meter's prices but can't add a second default price", async () => {
    await using model = await withModel()
    const night = {
      type: 'usage',
      usageEventsPerUnit: 1,
      intervalUnit: 'month',
      intervalCount: 1,
      unitPrice: 9,
    }
    await model.change((setup) => {
      const [render] = setup.usageMeters
      Object.assign(render?.prices?.[0] ?? {}, { unitPrice: 40 })
      render?.prices?.push({ ...night, isDefault: false })
    })
    expect((await model.meter('render'))?.prices).toMatchObject([
      { slug: 'render_no_charge', isDefault: false },
      { slug: '__generated__render_9_1_USD_1_month', unitPrice: 9 },
      { slug: 'render_extra', unitPrice: 40, isDefault: true },
    ])
    const add = (setup: Setup) => {
      setup.usageMeters[1]?.prices?.push({ ...night, isDefault: true })
    }
    await expect(model.change(add)).rejects.toMatchObject(refusal('generator body threw'))
    expect((await model.meter('exports'))?.prices).toMatchObject([{ slug: 'exports_no_charge' }])
  })

  it.each<[string, (setup: Setup) => void, string]>([
    [
      'a missing meter',
      (setup) => {
        setup.usageMeters = setup.usageMeters.filter(({ usageMeter }) => usageMeter.slug !== 'viewers')
      },
      'Invalid usageMeters: Usage meters cannot be removed. Attempted to remove: viewers',
    ],
    [
      'a feature that changes its type',
      (setup) => {
        const index = setup.features.findIndex(({ slug }) => slug === 'team_seats')
        setup.features[index] = { type: 'toggle', slug: 'team_seats', name: 'S', description: '' }
      },
      "Invalid feature.team_seats.type: Feature type cannot be changed. Feature 'team_seats' has type 'resource' but proposed type is 'toggle'. To change type, remove the feature and create a new one.",
    ],
    [
      'a price that changes its type',
      (setup) => {
        const { name, slug } = entry(setup, 'team').price
        entry(setup, 'team').price = {
          type: 'single_payment',
          name,
          slug,
          unitPrice: 1,
          isDefault: true,
          active: true,
        }
      },
      "Invalid price.type: Price type cannot be changed. Existing type is 'subscription' but proposed type is 'single_payment'. To change price type, remove the price and create a new one.",
    ],
    [
      'two default products',
      (setup) => Object.assign(entry(setup, 'team').product, { default: true }),
      'Invalid products: Only one product can be marked as default. Found 2 default products: hobby, team',
    ],
    ['an unknown feature', (setup) => entry(setup, 'team').features.push('x'), 'Feature not found: x'],
    [
      "another product's price slug",
      (setup) => Object.assign(entry(setup, 'team').price, { slug: 'agency_price' }),
      'Invalid price.slug: Price with slug agency_price already exists',
    ],
  ])('rejects %s and changes nothing', async (_, edit, message) => {
    await using model = await withModel()
    const before = await model.details()
    await expect(model.change(edit)).rejects.toMatchObject(refusal(message))
    expect(await model.details()).toEqual(before)
  })
})

it('requires a name, the ID, and either all parts or none in the body', async () => {
  await using model = await withModel()
  await expect(model.put({ name: 'X', features: [], resources: [] })).rejects.toMatchObject({
    status: 400,
    error: {
      error: [
        {
          code: 'custom',
          path: ['pricingModel'],
          message:
            'Full structure update requires all structure fields to be provided. Missing: products, usageMeters. For metadata-only updates, omit all structure fields.',
        },
      ],
    },
  })
  await expect(model.put({ id: undefined, name: ' ' })).rejects.toMatchObject({
    status: 400,
    error: {
      error: [
        { code: 'invalid_type', path: ['pricingModel', 'id'] },
        { code: 'too_small', path: ['pricingModel', 'name'], message: 'Field is required' },
      ],
    },
  })
})

it('returns 404 for an unknown model if the update has parts and 500 otherwise', async () => {
  await using model = await withModel()
  const put = (setup: object) => model.put(setup, '/api/v1/pricing-models/pricing_model_x')
  await expect(put(await model.read())).rejects.toMatchObject({
    status: 404,
    error: { error: expect.stringMatching('^The pricing model you are trying to update'), code: 'NOT_FOUND' },
  })
  const message = 'No pricing models found with id: pricing_model_x'
  await expect(put({ name: 'X' })).rejects.toMatchObject(refusal(message))
  await expect(put({ name: 'X', isDefault: true })).rejects.toMatchObject(
    refusal(`Unwrap called on Err: NotFoundError: ${message}`),
  )
})
