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
  ['a meter that is not counted by adding up', { people: {} }, 'count_distinct_properties'],
  ['a price that the meter does not have', { calls: { priceSlug: 'gold' } }, 'no active price "gold"'],
])('%s stops the start, by name', async (_, meters, words) => {
  await using flowglad = await startFlowgladLocal({ pricing })
  await using billing = billingOf(flowglad.url, meters)
  await expect(billing.start()).rejects.toThrow(words)
})

test('a start that was refused can be tried again, and then delivers', async () => {
  await using stack = await startStack({ started: false, options: { catalogMaxAgeMs: 0 } })
  const body = { pricingModel: { products: [], usageMeters: [] } }
  stack.proxy.breakWith(({ path }) =>
    path.includes('/pricing-models/') ? { state: 'json', status: 200, body } : undefined,
  )
  await expect(stack.billing.start()).rejects.toThrow('no usage meter "generations"')
  stack.proxy.mend()
  await expect.poll(() => stack.billing.start().catch(String)).toBeUndefined()
  await spend(stack, aUser())
  await expect.poll(() => stack.books.events()).toHaveLength(1)
})

test('Flowglad away stops nobody from starting', async () => {
  await using billing = billingOf('http://127.0.0.1:9', { calls: {} })
  await billing.start()
  expect(await billing.health()).toMatchObject({ status: expect.stringMatching(/ok|degraded/) })
})

test('a slug that no meter can have is refused where it is written', () => {
  expect(() => defineMeters({ 'two words': {} })).toThrow('two words')
})
