import { startFlowgladLocal } from 'flowglad-local'
import { expect, test } from 'vitest'
import { createBilling, defineMeters, sqliteLedger } from '../../src/index.ts'
import { aUser } from './meters.ts'
import { spend } from './spending.ts'
import { startStack } from './startStack.ts'

const pricing = JSON.stringify({
  name: 'Odd',
  isDefault: true,
  usageMeters: [
    { usageMeter: { name: 'People', slug: 'people', aggregationType: 'count_distinct_properties' } },
    { usageMeter: { name: 'Calls', slug: 'calls', aggregationType: 'sum' } },
  ],
  features: [],
  products: [],
})
const billingOf = (baseUrl: string, meters: Parameters<typeof defineMeters>[0]) =>
  createBilling({
    meters: defineMeters(meters),
    ledger: sqliteLedger(':memory:'),
    flowglad: { secretKey: 'sk_test_local', baseUrl },
    customer: () => aUser(),
    publicUrl: 'http://localhost',
    options: { flowgladDeadlineMs: 5_000 },
  })

test.each([
  ['a meter that Flowglad does not have', { nope: {} }, 'no usage meter "nope"'],
  ['a meter with an aggregation other than sum', { people: {} }, 'count_distinct_properties'],
  ['a price that the meter does not have', { calls: { priceSlug: 'gold' } }, 'no active price "gold"'],
])('fails to start with %s, and names the problem', async (_, meters, words) => {
  await using flowglad = await startFlowgladLocal({ pricing })
  await using billing = billingOf(flowglad.url, meters)
  await expect(billing.start()).rejects.toThrow(words)
})

test('starts and delivers when a failed start is retried', async () => {
  await using stack = await startStack({ started: false, options: { catalogMaxAgeMs: 0 } })
  const body = { pricingModel: { products: [], usageMeters: [] } }
  stack.proxy.breakWith(({ path }) =>
    path.includes('/pricing-models/') ? { state: 'json', status: 200, body } : undefined,
  )
  await expect(stack.billing.start()).rejects.toThrow('no usage meter "generations"')
  stack.proxy.mend()
  await expect.poll(() => stack.billing.start().catch(String)).toBeUndefined()
  await spend(stack, aUser())
  await expect.poll(() => stack.atFlowglad.events()).toHaveLength(1)
})

test('starts while Flowglad is unavailable', async () => {
  await using billing = billingOf('http://127.0.0.1:9', { calls: {} })
  await billing.start()
  expect(await billing.health()).toMatchObject({ status: expect.stringMatching(/ok|degraded/) })
})

test('rejects an invalid meter slug in defineMeters', () => {
  expect(() => defineMeters({ 'two words': {} })).toThrow('two words')
})
