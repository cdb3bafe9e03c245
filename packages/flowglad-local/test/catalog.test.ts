import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'

it('offers the products, prices and meters that are added to a pricing model', async () => {
  await using studio = await startStudio()
  const { node } = studio
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const { usageMeter } = await node.usageMeters.create({
    usageMeter: { name: 'Scripts', slug: 'scripts', pricingModelId: pricingModel.id },
  })
  const created = (await node.post('/api/v1/features', {
    body: {
      feature: {
        type: 'usage_credit_grant',
        name: '9 scripts',
        slug: 'nine_scripts',
        description: '',
        pricingModelId: pricingModel.id,
        usageMeterId: usageMeter.id,
        amount: 9,
        renewalFrequency: 'every_billing_period',
      },
    },
  })) as { feature: { id: string } }
  const { product } = await node.products.create({
    product: { name: 'Writer', slug: 'writer', active: true, pricingModelId: pricingModel.id },
    price: {
      type: 'subscription',
      slug: 'writer_price',
      unitPrice: 700,
      isDefault: true,
      intervalUnit: 'month',
      intervalCount: 1,
    },
    featureIds: [created.feature.id],
  })
  expect(await node.products.retrieve(product.id)).toMatchObject({
    defaultPrice: { slug: 'writer_price', unitPrice: 700 },
    features: [{ slug: 'nine_scripts' }],
  })
  await studio.customer('ada')
  await studio.subscribe('ada', 'writer_price')
  expect(await studio.balances('ada')).toEqual({ scripts: 9 })
})

it('keeps existing subscriptions on the old price when a default price is replaced', async () => {
  await using studio = await startStudio()
  const { node } = studio
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const team = pricingModel.products.find((product) => product.slug === 'team')
  await node.prices.create({
    price: {
      type: 'subscription',
      productId: team?.id ?? '',
      slug: 'team_2027',
      unitPrice: 5900,
      isDefault: true,
      intervalUnit: 'month',
      intervalCount: 1,
    },
  })
  const { defaultPrice, prices } = await node.products.retrieve(team?.id ?? '')
  expect(defaultPrice.slug).toBe('team_2027')
  expect(prices.map((price) => [price.slug, price.isDefault])).toEqual([
    ['team_price', false],
    ['team_2027', true],
  ])
  await studio.renew('ada')
  expect((await studio.billing('ada')).invoices.map(({ invoice }) => invoice.subtotal)).toEqual([4900, 4900])
})

it('rejects a duplicate slug', async () => {
  await using studio = await startStudio()
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  await expect(
    studio.node.usageMeters.create({
      usageMeter: { name: 'R', slug: 'render', pricingModelId: pricingModel.id },
    }),
  ).rejects.toMatchObject({ status: 409 })
})

it('clones a pricing model with its products', async () => {
  await using studio = await startStudio()
  const { node } = studio
  const { pricingModel: original } = await node.pricingModels.retrieveDefault()
  const { pricingModel: clone } = await node.pricingModels.clone(original.id, { name: 'Copy' })
  expect(clone.products.map((product) => product.slug)).toEqual(
    original.products.map((product) => product.slug),
  )
  const { pricingModel: empty } = await node.pricingModels.create({ pricingModel: { name: 'Empty' } })
  expect((await node.pricingModels.clone(empty.id, { name: 'Copy' })).pricingModel.products).toMatchObject([
    { slug: 'free' },
  ])
})

it("gives new customers the API key's own pricing model even if another model becomes the default", async () => {
  await using studio = await startStudio()
  const { node } = studio
  const { pricingModel: original } = await node.pricingModels.retrieveDefault()
  const { pricingModel: clone } = await node.pricingModels.clone(original.id, { name: 'Copy' })
  await node.pricingModels.update(clone.id, { pricingModel: { id: clone.id, name: 'Copy', isDefault: true } })
  expect((await node.pricingModels.retrieveDefault()).pricingModel.name).toBe('Copy')
  await studio.customer('ada')
  expect((await node.customers.retrieve('ada')).customer.pricingModelId).toBe(original.id)
})
