import { expect, it } from 'vitest'
import { sharedStudio } from './studio.ts'
import { grant } from './studioPricing.ts'

const shared = sharedStudio()
const price = {
  type: 'subscription',
  slug: 'pro_price',
  unitPrice: 500,
  isDefault: true,
  active: true,
  intervalUnit: 'month',
  intervalCount: 1,
}
const usagePrice = { ...price, type: 'usage', slug: 'calls_price', usageEventsPerUnit: 1 }
const product = { name: 'Pro', slug: 'pro', active: true }
const setUp = (parts: object) =>
  shared().node.post<{ pricingModel: Record<string, unknown> }>('/api/v1/pricing-models/setup', {
    body: { name: 'New', features: [], products: [], usageMeters: [], ...parts },
  })
const meters = (usagePrices: unknown) => ({
  usageMeters: [{ usageMeter: { name: 'Calls', slug: 'calls' }, prices: usagePrices }],
})
const products = (entry: object) => ({ products: [{ product, price, features: [], ...entry }] })
const without = (fields: object, name: string) => ({ ...fields, [name]: undefined })

it.each<[string, object, (string | number)[]]>([
  [
    'a feature without a description',
    { features: [{ type: 'toggle', slug: 't', name: 'T' }] },
    ['features', 0, 'description'],
  ],
  [
    'a product without `active`',
    products({ product: without(product, 'active') }),
    ['products', 0, 'product', 'active'],
  ],
  ['a product without features', products({ features: undefined }), ['products', 0, 'features']],
  [
    'a usage price without an interval',
    meters([without(usagePrice, 'intervalUnit')]),
    ['usageMeters', 0, 'prices', 0, 'intervalUnit'],
  ],
  [
    'a usage price with a trial',
    meters([{ ...usagePrice, trialPeriodDays: 3 }]),
    ['usageMeters', 0, 'prices', 0, 'trialPeriodDays'],
  ],
  ['null instead of prices', meters(null), ['usageMeters', 0, 'prices']],
  [
    'null instead of a price name',
    products({ price: { ...price, name: null } }),
    ['products', 0, 'price', 'name'],
  ],
  [
    'a one-time price with an interval',
    products({ price: { ...price, type: 'single_payment' } }),
    ['products', 0, 'price', 'intervalUnit'],
  ],
])('rejects a setup that has %s', async (_, parts, path) => {
  await expect(setUp(parts)).rejects.toMatchObject({
    status: 400,
    error: { error: expect.arrayContaining([expect.objectContaining({ path })]) },
  })
})

it.each<[string, object, string]>([
  [
    'a trial on the default product',
    products({
      product: { ...product, default: true },
      price: { ...price, unitPrice: 0, trialPeriodDays: 7 },
    }),
    'Panic: Unwrap called on Err: ValidationError: Invalid price.trialDays: Default products cannot have trials',
  ],
  [
    'an unknown resource before a missing price slug',
    {
      ...products({ features: ['seats'], price: without(price, 'slug') }),
      features: [
        { type: 'resource', slug: 'seats', name: 'S', description: '', amount: 1, resourceSlug: 'desks' },
      ],
    },
    'Panic: Unwrap called on Err: NotFoundError: Resource not found: desks',
  ],
  [
    'an unknown meter in an unused feature',
    { features: [grant('calls', 1, 'once', 'calls')] },
    'Panic: Unwrap called on Err: NotFoundError: UsageMeter not found: calls',
  ],
  [
    'a product with the slug of the generated free plan',
    products({ product: { ...product, slug: 'free' } }),
    'Panic: generator body threw',
  ],
])('rejects %s with 500', async (_, parts, text) => {
  await expect(setUp(parts)).rejects.toMatchObject({
    status: 500,
    error: { error: `Unwrap called on Err: ${text}` },
  })
})

it('accepts long meter names, accepts numbers as strings and fills in optional fields', async () => {
  const name = 'x'.repeat(300)
  const { pricingModel } = await setUp({
    usageMeters: [
      { usageMeter: { name, slug: '' }, prices: [{ ...without(usagePrice, 'active'), unitPrice: '7' }] },
    ],
  })
  expect(pricingModel).toMatchObject({
    isDefault: false,
    usageMeters: [
      {
        name,
        aggregationType: 'sum',
        defaultPrice: { slug: 'calls_price', unitPrice: 7, active: true, trialPeriodDays: null },
      },
    ],
  })
})
