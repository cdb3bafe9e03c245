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
  // For an absent field, the group that should contain it.
  expect(placeOf(['products', 0, 'price', 'trialPeriodDays'])).toBe(
    'pricing.yaml:7: products.0.price.trialPeriodDays',
  )
})

test('returns the place in a file of the older format', () => {
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
