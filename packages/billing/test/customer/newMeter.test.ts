import { Flowglad } from '@flowglad/node'
import { startFlowgladLocal } from 'flowglad-local'
import { expect, test } from 'vitest'
import { aCustomer, createTestBilling } from '../../src/testing/index.ts'
import { meters } from '../flowglad/meters.ts'
import { grant, meter, pricing } from '../flowglad/pricing.ts'

const [ada, grace] = [aCustomer({ id: 'ada' }), aCustomer({ id: 'grace' })]

/** Returns the pricing with an additional meter `captions`, which grants 20 units on Free and 2,000 on Pro. */
function withCaptions() {
  const model: {
    usageMeters: object[]
    features: object[]
    products: { product: { slug: string }; features: string[] }[]
  } = JSON.parse(pricing)
  model.usageMeters.push(meter('captions'))
  model.features.push(grant('free_captions', 20, 'captions'), grant('pro_captions', 2_000, 'captions'))
  for (const { product, features } of model.products)
    if (product.slug === 'free' || product.slug === 'pro') features.push(`${product.slug}_captions`)
  return JSON.stringify(model)
}

/** Starts an app in which Ada became a customer before the meter `captions` was added. */
async function startWithNewMeter() {
  const flowglad = await startFlowgladLocal({ pricing })
  const customer = () => ada
  {
    await using before = createTestBilling({ meters, customer, flowglad })
    await before.refresh(ada)
  }
  flowglad.updatePricing(withCaptions())
  const billing = createTestBilling({ meters: { ...meters, captions: {} }, customer, flowglad })
  await billing.start()
  return {
    billing,
    sdk: new Flowglad({ apiKey: flowglad.key, baseURL: flowglad.url, maxRetries: 0 }),
    captions: async (who = ada) =>
      (await billing.refresh(who)).balances.find((balance) => balance.meter === 'captions'),
    async [Symbol.asyncDispose]() {
      await billing.close()
      await flowglad.close()
    },
  }
}

test("grants a new meter's units to new customers but not to existing customers", async () => {
  await using app = await startWithNewMeter()
  expect(await app.captions(grace)).toMatchObject({ available: 20, limit: 20, status: 'ok' })
  const call = { meter: 'captions', amount: 1 } as const
  expect(await app.billing.meter({ ...call, customer: grace }, () => 'a barn')).toBe('a barn')
  await expect(app.billing.meter({ ...call, customer: ada }, () => 'a barn')).rejects.toMatchObject({
    denial: { code: 'INSUFFICIENT_CREDITS', meter: 'captions', availableBalance: 0 },
  })
})

test("reports no renewal date for a meter that the customer's plan doesn't include", async () => {
  await using app = await startWithNewMeter()
  expect(await app.captions()).toMatchObject({ available: 0, limit: 0, status: 'exhausted', renewsAt: null })
  expect(await app.captions(grace)).toMatchObject({ renewsAt: expect.any(Number) })
})

test("grants a new meter's units to an existing customer who changes to a plan that includes the meter", async () => {
  await using app = await startWithNewMeter()
  const { checkoutSession } = await app.sdk.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: 'ada',
      priceSlug: 'pro_monthly',
      successUrl: 'http://localhost/',
      cancelUrl: 'http://localhost/',
    },
  })
  await app.sdk.post(`/__test__/checkout-sessions/${checkoutSession.id}/complete`, { body: {} })
  // On a busy machine, the fetch can take longer than a refresh waits. The refresh then returns the earlier balances.
  await expect.poll(() => app.captions()).toMatchObject({ available: 2_000, limit: 2_000 })
})
