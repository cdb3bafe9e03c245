import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFlowgladLocal } from 'flowglad-local'
import { expect, onTestFinished, test } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { createBilling, defineMeters } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
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
const billingOf = (baseUrl: string, meters: Parameters<typeof defineMeters>[0], file = ':memory:') =>
  createBilling({
    meters: defineMeters(meters),
    ledger: sqliteLedger(file),
    flowglad: { secretKey: 'sk_test_local', baseUrl },
    customer: () => aUser(),
    publicUrl: 'http://localhost',
    logger: silent,
    options: { flowgladDeadlineMs: 5_000 },
  })

test.each([
  ['a meter that Flowglad does not have', { nope: {} }, 'no usage meter "nope"'],
  ['a meter with an aggregation other than sum', { people: {} }, 'count_distinct_properties'],
  ['a price that the meter does not have', { calls: { priceSlug: 'gold' } }, 'no active price "gold"'],
])('fails to start with %s and names the problem', async (_, meters, words) => {
  await using flowglad = await startFlowgladLocal({ pricing })
  await using billing = billingOf(flowglad.url, meters)
  await expect(billing.start()).rejects.toThrow(words)
})

test('delivers usage once `start()` succeeds on a later try', async () => {
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

test('neither starts nor allows calls while the ledger’s folder is missing', async () => {
  const folder = join(tmpdir(), randomUUID())
  await using billing = billingOf('http://127.0.0.1:9', { calls: {} }, join(folder, 'ledger.db'))
  const message = `The ledger's folder ${folder} does not exist. Create it, or pass another path.`
  await expect(billing.start()).rejects.toThrow(message)
  await expect(billing.meter({ customer: aUser(), meter: 'calls' }, () => 'done')).rejects.toMatchObject({
    denial: { code: 'BILLING_UNAVAILABLE' },
    cause: { message },
  })
  await mkdir(folder)
  onTestFinished(() => rm(folder, { recursive: true }))
  await billing.start()
})

test('starts while Flowglad is unavailable', async () => {
  await using billing = billingOf('http://127.0.0.1:9', { calls: {} })
  await billing.start()
  expect(await billing.health()).toMatchObject({ status: expect.stringMatching(/ok|degraded/) })
})

test('rejects an invalid meter slug in defineMeters', () => {
  expect(() => defineMeters({ 'two words': {} })).toThrow('two words')
})
