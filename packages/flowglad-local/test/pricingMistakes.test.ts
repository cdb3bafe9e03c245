import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { parsePricing, startFlowgladLocal } from '../src/index.ts'
import { createDirectory, startProcess } from './process.ts'
import { sharedStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

const shared = sharedStudio()

const current = `name: Tiny
isDefault: yes please
plans: []
meters: []
features:
  - { type: toggle, slug: hd, name: HD, descripton: x, amount: 4 }
  - { type: togle, slug: hd, name: HD }
  - { type: usage_credit_grant, slug: calls, name: Calls, amount: true, renewalFrequency: once, usageMeterSlug: cals }
  - { type: resource, slug: seats, name: Seats, amount: 1, resourceSlug: desks }
usageMeters:
  - usageMeter: { name: Calls, slug: calls }
    prices:
      - type: usage
        slug: calls_no_charge
        unitPrice:
        usageEventPerUnit: 3
        isDefault: true
        active: false
  - usageMeter: { name: Calls, slug: calls }
products:
  - product: { name: A, slug: a, default: true }
    price:
      type: subscription
      slug: a
      unitPrice: 100
      isDefault: false
      interval: month
      intervalCount: 1
    features: [hd, hdd]
  - product: { name: B, slug: a, default: true }
    price: { type: single_payment, slug: a, unitPrice: nothing, isDefault: true }
  - product: { name: '', slug: c }
`
const currentMistakes = `pricing.yaml:2: isDefault: must be true or false, not "yes please"
pricing.yaml:3: plans: is not a known field. The fields here are isDefault, name, features, products, usageMeters, resources
pricing.yaml:4: meters: is not a known field. Did you mean "usageMeters"?
pricing.yaml:6: features.0.descripton: is not a known field. Did you mean "description"?
pricing.yaml:6: features.0.amount: is not a field of the type "toggle"
pricing.yaml:7: features.1.type: must be one of toggle, usage_credit_grant, resource, not "togle"
pricing.yaml:7: features.1.slug: there is another feature with the slug "hd"
pricing.yaml:8: features.2.amount: must be a number, not true
pricing.yaml:8: features.2.usageMeterSlug: there is no usage meter "cals". Did you mean "calls"?
pricing.yaml:9: features.3.resourceSlug: there is no resource "desks"
pricing.yaml:14: usageMeters.0.prices.0.slug: must not end with "_no_charge", which is reserved
pricing.yaml:15: usageMeters.0.prices.0.unitPrice: must be a number, not null
pricing.yaml:16: usageMeters.0.prices.0.usageEventPerUnit: is not a known field. Did you mean "usageEventsPerUnit"?
pricing.yaml:17: usageMeters.0.prices.0.isDefault: must be false, because the price is not active
pricing.yaml:19: usageMeters.1.usageMeter.slug: there is another usage meter with the slug "calls"
pricing.yaml:25: products.0.price.unitPrice: the default product must be free, because every new customer gets it
pricing.yaml:26: products.0.price.isDefault: must be true, because a product has only this price
pricing.yaml:27: products.0.price.interval: is not a known field. Did you mean "intervalUnit"?
pricing.yaml:29: products.0.features.1: there is no feature "hdd". Did you mean "hd"?
pricing.yaml:30: products.1.product.slug: there is another product with the slug "a"
pricing.yaml:30: products.1.product.default: only one product can be the default
pricing.yaml:31: products.1.price.unitPrice: must be a number, not "nothing"
pricing.yaml:31: products.1.price.slug: there is another price with the slug "a"
pricing.yaml:32: products.2.product.name: must not be empty
pricing.yaml:32: products.2.price: is missing, and must be a group of fields
`

const older = `name: Older
features: []
products:
  - product: { name: Extra, slug: extra, descripton: x, default: true }
    prices:
      - { type: usage, slug: u, unitPrice: 1, usageEventsPerUnit: 1, isDefault: true, usageMeterSlug: cals, usageMeterId: null }
      - { type: usage, slug: v, unitPrice: 1, usageEventsPerUnit: 1, isDefault: true, usageMeterSlug: calls }
    features: [hd]
  - product: { name: Free, slug: free }
    prices:
      - { type: subscription, slug: free_price, unitPrice: ten, isDefault: true, intervalUnit: month, intervalCount: 1, usageMeterId: null }
usageMeters:
  - { name: Calls, slug: calls, agregationType: sum }
  - { name: Calls, slug: calls }
`
const olderMistakes = `pricing.yaml:4: products.0.product.descripton: is not a known field. Did you mean "description"?
pricing.yaml:4: products.0.product.default: a product with a usage price cannot be the default
pricing.yaml:6: products.0.prices.0.usageMeterSlug: there is no usage meter "cals". Did you mean "calls"?
pricing.yaml:7: products.0.prices.1: a product has only one price. Add another product for this price
pricing.yaml:8: products.0.features: a product with a usage price cannot have features
pricing.yaml:9: products.1.product.slug: the slug "free" is reserved for the free plan that is added when no product is the default. Add "default: true" to a product, or choose another slug
pricing.yaml:11: products.1.prices.0.unitPrice: must be a number, not "ten"
pricing.yaml:13: usageMeters.0.agregationType: is not a known field. Did you mean "aggregationType"?
pricing.yaml:14: usageMeters.1.slug: there is another usage meter with the slug "calls"
`

it.each([
  ['the current format', current, currentMistakes],
  ['the older format', older, olderMistakes],
  ['broken YAML', 'name: A\nfeatures: []\nname: B\n', 'pricing.yaml:3: name: is given twice\n'],
])('prints the file, line and field of every mistake in %s', async (_, text, mistakes) => {
  await using directory = await createDirectory()
  await writeFile(directory.file('pricing.yaml'), text)
  await using server = await startProcess(directory.path)
  expect(await server.ended).toBe(1)
  expect(server.errors()).toBe(mistakes)
})

it('accepts every field of the setup format', () => {
  const price = {
    name: 'P',
    unitPrice: '500',
    isDefault: true,
    active: true,
    currency: 'USD',
    trialPeriodDays: null,
  }
  const interval = { intervalUnit: 'month', intervalCount: 1 }
  const none = { usageEventsPerUnit: null, usageMeterId: null }
  const product = {
    description: null,
    imageURL: null,
    active: true,
    singularQuantityLabel: 'seat',
    pluralQuantityLabel: 'seats',
    default: false,
  }
  const feature = { name: 'F', description: '', active: true, amount: 1 }
  const pricing = {
    name: 'All',
    isDefault: true,
    features: [
      { ...feature, type: 'toggle', slug: 'hd', amount: null },
      {
        ...feature,
        type: 'usage_credit_grant',
        slug: 'calls',
        renewalFrequency: 'once',
        usageMeterSlug: 'calls',
      },
      { ...feature, type: 'resource', slug: 'seats', resourceSlug: 'seats' },
    ],
    usageMeters: [
      {
        usageMeter: { name: 'Calls', slug: 'calls', aggregationType: 'sum' },
        prices: [
          { ...price, ...interval, type: 'usage', slug: 'call', usageEventsPerUnit: 1, usageMeterId: null },
        ],
      },
    ],
    resources: [{ slug: 'seats', name: 'Seats', active: true }],
    products: [
      {
        product: { ...product, name: 'A', slug: 'a' },
        price: { ...price, ...interval, ...none, type: 'subscription', slug: 'a' },
        features: ['hd', 'calls'],
      },
      {
        product: { ...product, name: 'B', slug: 'b' },
        price: {
          ...price,
          ...none,
          type: 'single_payment',
          slug: 'b',
          intervalUnit: null,
          intervalCount: null,
        },
        features: ['seats'],
      },
    ],
  }
  expect(parsePricing(JSON.stringify(pricing)).products).toHaveLength(2)
})

it("adds a usage price in the older format to the meter's own prices", () => {
  const usage = (slug: string) =>
    `{ type: usage, slug: ${slug}, unitPrice: 1, usageEventsPerUnit: 1, isDefault: false`
  const { usageMeters } = parsePricing(`name: Both
features: []
usageMeters:
  - usageMeter: { name: Calls, slug: calls }
    prices: [${usage('own')} }]
products:
  - product: { name: Extra, slug: extra }
    price: ${usage('listed')}, usageMeterSlug: calls }
`)
  expect(usageMeters[0]?.prices?.map(({ slug }) => slug)).toEqual(['own', 'listed'])
})

it.each(['apps/server/pricing.yaml', 'e2e/strangers/pricing.yaml'])('reads %s', (file) => {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  expect(parsePricing(text, file).products).not.toEqual([])
})

it('names the paths of unknown fields in a setup from code', async () => {
  const [first, ...others] = studioPricing.products
  const misspelled = { ...first, product: { ...first?.product, descripton: 'Free' } }
  const setup = JSON.parse(JSON.stringify({ ...studioPricing, products: [misspelled, ...others], plans: [] }))
  const lines = [
    'products.0.product.descripton: is not a known field. Did you mean "description"?',
    'plans: is not a known field. The fields here are isDefault, name, features, products, usageMeters, resources',
  ]
  const message = (source: string) => lines.map((line) => `${source}: ${line}`).join('\n')
  await expect(startFlowgladLocal({ pricing: setup })).rejects.toMatchObject({ message: message('pricing') })
  await expect(startFlowgladLocal({ pricing: setup, pricingFile: 'billing.ts' })).rejects.toMatchObject({
    message: message('billing.ts'),
  })
  const studio = shared()
  expect(() => studio.addKey({ pricing: setup })).toThrow(message('pricing'))
  expect(() => studio.updatePricing(setup)).toThrow(message('pricing'))
})

it('treats an undefined field in a setup from code as absent', async () => {
  const pricing = { ...studioPricing, plans: undefined }
  await using server = await startFlowgladLocal({ pricing })
  expect(server.key).toBe('sk_test_local')
})

it.each([
  [Number.NaN, 'NaN'],
  [5n, '5'],
])('names the invalid value %s in a setup from code', async (isDefault, text) => {
  const pricing = { ...studioPricing }
  Object.assign(pricing, { isDefault })
  await expect(startFlowgladLocal({ pricing })).rejects.toMatchObject({
    message: `pricing: isDefault: must be true or false, not ${text}`,
  })
})

it('ignores unknown fields in API calls, as the platform does', async () => {
  const setup = { name: 'New', features: [], products: [], usageMeters: [], plans: [] }
  await expect(shared().node.post('/api/v1/pricing-models/setup', { body: setup })).resolves.toMatchObject({
    pricingModel: { name: 'New' },
  })
})
