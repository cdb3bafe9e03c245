import { expect, test } from 'vitest'
import { readPricing } from '../src/pricing/index.ts'

test('returns the file, line and field of a path in the setup', () => {
  const { setup, placeOf } = readPricing(
    `name: Tiny
features:
  - { type: toggle, slug: hd, name: HD }
usageMeters: []
products:
  - product: { slug: free, name: Free, default: true }
    price:
      type: subscription
      slug: free
      unitPrice: 0
      intervalUnit: month
      intervalCount: 1
      isDefault: true
    features: [hd]
`,
    'pricing.yaml',
  )
  expect(setup.name).toBe('Tiny')
  expect(placeOf(['products', 0, 'price', 'intervalUnit'])).toBe(
    'pricing.yaml:11: products.0.price.intervalUnit',
  )
  expect(placeOf(['features', 0, 'type'])).toBe('pricing.yaml:3: features.0.type')
  // The place of an absent field is the line of the group that should contain it.
  expect(placeOf(['products', 0, 'price', 'trialPeriodDays'])).toBe(
    'pricing.yaml:7: products.0.price.trialPeriodDays',
  )
})

test('returns the place of a field in a file of the older format', () => {
  const { placeOf } = readPricing(
    `name: Tiny
features: []
usageMeters:
  - { slug: calls, name: Calls }
products:
  - product: { slug: free, name: Free, default: true, active: true }
    prices:
      - { type: subscription, slug: free, unitPrice: 0, intervalUnit: month, intervalCount: 1, isDefault: true, active: true }
    features: []
`,
    'old.yaml',
  )
  expect(placeOf(['products', 0, 'price', 'unitPrice'])).toBe('old.yaml:8: products.0.prices.0.unitPrice')
})

test('distinguishes fields in the file from defaults', () => {
  const parts = `name: Tiny
features: [{ type: toggle, slug: hd, name: HD }]
products:
  - product: { slug: free, name: Free, default: true }
    price: { type: subscription, slug: free, unitPrice: 0, intervalUnit: month, intervalCount: 1, isDefault: true }
`
  const current = readPricing(`${parts}
usageMeters:
  - usageMeter: { slug: calls, name: Calls }
    prices: [{ type: usage, slug: call, unitPrice: 1, usageEventsPerUnit: 1, isDefault: true, intervalUnit: year }]
`)
  expect(current.setup.features[0]).toMatchObject({ description: '', name: 'HD' })
  expect(current.isGiven(['features', 0, 'name'])).toBe(true)
  expect(current.isGiven(['features', 0, 'description'])).toBe(false)
  expect(current.setup.products[0]?.product).toMatchObject({ active: true })
  expect(current.isGiven(['products', 0, 'product', 'active'])).toBe(false)
  expect(current.setup.usageMeters[0]?.prices?.[0]).toMatchObject({ intervalUnit: 'year', intervalCount: 1 })
  expect(current.isGiven(['usageMeters', 0, 'prices', 0, 'intervalUnit'])).toBe(true)
  expect(current.isGiven(['usageMeters', 0, 'prices', 0, 'intervalCount'])).toBe(false)

  const older = readPricing(`${parts}
  - product: { slug: calls, name: Calls }
    price: { type: usage, slug: call, unitPrice: 1, usageEventsPerUnit: 1, isDefault: true, intervalUnit: year, usageMeterSlug: calls }
usageMeters: [{ slug: calls, name: Calls }]
`)
  expect(older.isGiven(['usageMeters', 0, 'usageMeter', 'name'])).toBe(true)
  expect(older.isGiven(['usageMeters', 0, 'usageMeter', 'aggregationType'])).toBe(false)
  expect(older.isGiven(['usageMeters', 0, 'prices', 0, 'intervalUnit'])).toBe(true)
  expect(older.isGiven(['usageMeters', 0, 'prices', 0, 'intervalCount'])).toBe(false)
})
