import { expect, it } from 'vitest'
import { PricingError, startFlowgladLocal } from '../src/index.ts'
import { parsePricing } from '../src/pricing/parsePricing.ts'
import { sharedStudio, startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

/** The server for all tests that don't change its data. */
const shared = sharedStudio()

const findingsOf = (text: string) => {
  try {
    parsePricing(text, 'pricing.yaml')
  } catch (error) {
    if (error instanceof PricingError) return error.message.split('\n')
    throw error
  }
  return []
}

const head = `name: Tiny
features:
  - { type: usage_credit_grant, slug: calls, name: Calls, description: '', amount: 5, renewalFrequency: once, active: true, usageMeterSlug: calls }
usageMeters:
  - usageMeter: { name: Calls, slug: calls }
`

it('reads JSON and YAML', () => {
  expect(parsePricing(JSON.stringify(studioPricing))).toMatchObject({ name: 'Film studio' })
})

it.each([
  ['broken YAML', 'name: Tiny\nfeatures: [\nproducts: []\n', 'pricing.yaml:3: '],
  ['a missing list', 'name: Tiny\nfeatures: []\nproducts: []\n', 'pricing.yaml:1: usageMeters: '],
  [
    'a wrong type',
    `${head}products:
  - product: { name: Free, slug: free, active: true, default: true }
    price:
      type: subscription
      slug: free
      unitPrice: nothing
      isDefault: true
      active: true
      intervalUnit: month
      intervalCount: 1
    features: [calls]
`,
    'pricing.yaml:11: products.0.price.unitPrice: must be a number, not "nothing"',
  ],
  [
    'a misspelled key',
    `${head}products: []\n`
      .replace('renewalFrequency: once', 'renewalFrequency: monthly')
      .replace('amount', 'amuont'),
    [
      'pricing.yaml:3: features.0.amuont: is not a known field. Did you mean "amount"?',
      'pricing.yaml:3: features.0.renewalFrequency: must be one of once, every_billing_period, not "monthly"',
    ].join('\n'),
  ],
  [
    'a negative amount',
    `${head}products: []\n`.replace('amount: 5', 'amount: -5'),
    'amount: must be more than 0, not -5',
  ],
  [
    'an undefined alias',
    'name: Tiny\nfeatures: *grants\n',
    'pricing.yaml:2: there is no anchor &grants before this alias',
  ],
  [
    'a second document',
    `${head}products: []\n---\nname: Other\n`,
    'pricing.yaml:7: a pricing file must contain one document, but a second document starts here',
  ],
  ['an empty file', '# later\n', 'pricing.yaml: must contain features, products and usageMeters'],
  [
    'an unknown feature',
    `${head}products:
  - product: { name: Free, slug: free, active: true, default: true }
    price: { type: subscription, slug: free, unitPrice: 0, isDefault: true, active: true, intervalUnit: month, intervalCount: 1 }
    features:
      - calls
      - colour
`,
    'pricing.yaml:11: products.0.features.1: there is no feature "colour"',
  ],
  [
    'a default plan that is not free',
    `${head}products:
  - product: { name: Free, slug: free, active: true, default: true }
    price:
      { type: subscription, slug: free, unitPrice: 100, isDefault: true, active: true, intervalUnit: month, intervalCount: 1 }
    features: []
`,
    'pricing.yaml:9: products.0.price.unitPrice: the default product must be free, because every new customer gets it',
  ],
  [
    'a default plan with a trial',
    `${head}products:
  - product: { name: Free, slug: free, active: true, default: true }
    price:
      { type: subscription, slug: free, unitPrice: 0, isDefault: true, active: true, intervalUnit: month, intervalCount: 1, trialPeriodDays: 7 }
    features: []
`,
    'pricing.yaml:9: products.0.price.trialPeriodDays: the default product cannot have a trial',
  ],
  [
    'a second default product, a second default price and a duplicate slug',
    `name: Tiny
features: []
usageMeters:
  - usageMeter: { name: Calls, slug: calls }
    prices:
      - { type: usage, slug: one, unitPrice: 1, usageEventsPerUnit: 1, isDefault: true, active: true }
      - { type: usage, slug: one, unitPrice: 1, usageEventsPerUnit: 1, isDefault: true, active: true }
products:
  - product: { name: A, slug: a, default: true }
    price: { type: subscription, slug: a, unitPrice: 0, isDefault: true, active: true, intervalUnit: month, intervalCount: 1 }
  - product: { name: B, slug: b, default: true }
    price: { type: subscription, slug: a, unitPrice: 0, isDefault: true, active: true, intervalUnit: month, intervalCount: 1 }
`,
    [
      'pricing.yaml:7: usageMeters.0.prices.1.slug: there is another price with the slug "one"',
      'pricing.yaml:7: usageMeters.0.prices.1.isDefault: only one price of the meter "calls" can be the default',
      'pricing.yaml:11: products.1.product.default: only one product can be the default',
      'pricing.yaml:12: products.1.price.slug: there is another price with the slug "a"',
    ].join('\n'),
  ],
])('reports the location of %s', (_, text, finding) => {
  expect(findingsOf(text).join('\n')).toContain(finding)
})

it('rejects a file whose aliases expand to too many values', () => {
  const unfolding = Array.from(
    { length: 9 },
    (_, i) => `a${i}: &a${i} [${i ? Array(9).fill(`*a${i - 1}`) : 'x'}]`,
  )
  expect(findingsOf(unfolding.join('\n'))).toEqual([
    'pricing.yaml: Excessive alias count indicates a resource exhaustion attack',
  ])
})

const older = `isDefault: true
name: "Older"
features:
  - type: usage_credit_grant
    slug: five
    name: Five
    description: ""
    amount: 5
    renewalFrequency: once
    active: true
    usageMeterSlug: calls
products:
  - product:
      name: "Extra calls"
      active: true
      default: false
      slug: extra
    prices:
      - type: usage
        name: Extra
        slug: extra_calls
        unitPrice: 10
        usageEventsPerUnit: 2
        isDefault: true
        active: true
        intervalUnit: month
        intervalCount: 1
        usageMeterSlug: calls
    features: []
  - product:
      name: "Free"
      active: true
      default: true
      slug: free
    price:
      type: single_payment
      slug: free
      unitPrice: 0
      isDefault: true
      active: true
      intervalUnit: null
      usageMeterId: null
    features: [five]
usageMeters:
  - name: Calls
    slug: calls
    aggregationType: sum
`

it('reads a pricing file in the older format', async () => {
  await using studio = await startStudio({ pricing: older })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  expect(pricingModel.products.map((product) => product.slug)).toEqual(['free'])
  expect(pricingModel.usageMeters).toMatchObject([
    { slug: 'calls', prices: [{ slug: 'extra_calls', usageEventsPerUnit: 2 }, { slug: 'calls_no_charge' }] },
  ])
  await studio.customer('ada')
  expect(await studio.balances('ada')).toEqual({ calls: 5 })
  expect(await studio.plan('ada')).toMatchObject({ renews: false })
})

it('reports the line of a mistake in a file that uses the older format', () => {
  expect(findingsOf(older.replace('unitPrice: 10', 'unitPrice: ten'))).toEqual([
    'pricing.yaml:22: products.0.prices.0.unitPrice: must be a number, not "ten"',
  ])
  expect(findingsOf(older.replace('[five]', '[six]'))).toEqual([
    'pricing.yaml:43: products.1.features.0: there is no feature "six"',
  ])
})

it('exports a pricing model that another server can install unchanged', async () => {
  await using studio = await startStudio()
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const exportUrl = `/api/v1/pricing-models/${pricingModel.id}/export`
  const exported = (await studio.node.get(exportUrl)) as { pricingModel: object }
  await using other = await startFlowgladLocal({ pricing: JSON.stringify(exported.pricingModel) })
  const authorization = { headers: { authorization: other.key } }
  const model = (await (await fetch(`${other.url}/api/v1/pricing-models/default`, authorization)).json()) as {
    pricingModel: { id: string }
  }
  const again = await fetch(
    `${other.url}/api/v1/pricing-models/${model.pricingModel.id}/export`,
    authorization,
  )
  expect(await again.json()).toMatchObject({ pricingModel: exported.pricingModel })
})

it.each([
  ['two default products', { products: [free('a'), free('b')] }, 500, 'Multiple default products'],
  [
    'two prices with the same slug',
    { products: [free('a'), free('a', 'b', false)] },
    500,
    'Price with slug a already exists',
  ],
  [
    'two default prices on one meter',
    { usageMeters: [metered(['x', 'y'])] },
    500,
    'multiple prices with isDefault=true',
  ],
  [
    'an inactive default price',
    { usageMeters: [metered(['x'], false)] },
    400,
    'An inactive price cannot be set as default',
  ],
  ['a blank name', { name: '  ' }, 400, 'Field is required'],
])('rejects a setup with %s, like the platform, and installs nothing', async (_, fields, status, text) => {
  const studio = shared()
  const setup = { name: 'Odd', features: [], products: [], usageMeters: [], isDefault: true, ...fields }
  const rejection = await studio.node
    .post('/api/v1/pricing-models/setup', { body: setup })
    .catch((error: { status: number; error: object }) => error)
  expect(rejection).toMatchObject({ status })
  expect(JSON.stringify(rejection)).toContain(text)
  expect((await studio.node.pricingModels.list()).data).toMatchObject([
    { name: 'Film studio', isDefault: true },
  ])
})

function free(slug: string, productSlug = slug, isDefault = true) {
  return {
    product: { name: productSlug, slug: productSlug, default: isDefault, active: true },
    price: {
      type: 'subscription',
      slug,
      unitPrice: 0,
      isDefault: true,
      active: true,
      intervalUnit: 'month',
      intervalCount: 1,
    },
    features: [],
  }
}

function metered(slugs: string[], active = true) {
  const prices = slugs.map((slug) => ({
    type: 'usage',
    slug,
    unitPrice: 1,
    usageEventsPerUnit: 1,
    isDefault: true,
    active,
    intervalUnit: 'month',
    intervalCount: 1,
  }))
  return { usageMeter: { name: 'M', slug: 'm' }, prices }
}
