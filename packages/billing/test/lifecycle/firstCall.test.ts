import { existsSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { createBilling, type OperatorCommand } from '../../src/index.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { aUser, meters } from '../flowglad/meters.ts'
import { chargeOf, spend } from '../flowglad/spending.ts'
import { type Stack, type StackSetup, startStack } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { countingClock } from './countingClock.ts'

afterEach(() => vi.unstubAllEnvs())

const ada = aUser()
const aDrop: OperatorCommand = {
  customer: 'ada',
  id: 'an act',
  by: 'olga',
  reason: 'a test',
  act: { type: 'drop', attempt: 'none', meter: 'tokens' },
}

/** Starts a stack without calling `start()`. `loops` counts the running loops. */
async function lazyStack(setup: StackSetup = {}) {
  const clock = countingClock()
  const options = { deliverEveryMs: 3_600_000, sweepMs: 3_600_000, ...setup.options }
  const stack = await startStack({ started: false, autoStart: true, clock, ...setup, options })
  return Object.assign(stack, { loops: () => clock.idling })
}

const request = (path: string) => new Request(`http://localhost${path}`)
const caller = { customer: () => ada }

test.each<[call: string, (stack: Stack) => Promise<unknown>]>([
  ['metered call', ({ billing }) => billing.meter({ customer: ada, meter: 'tokens' }, () => 'done')],
  ['balance read', ({ billing }) => billing.balances(ada)],
  ['refresh', ({ billing }) => billing.refresh(ada)],
  ['watch', ({ billing }) => billing.watch(ada).next()],
  ['feature check', ({ billing }) => billing.requireFeature(ada, 'hd').catch(() => {})],
  ['HTTP request', ({ billing }) => billing.handle(request('/readyz'), caller)],
])('starts the loops on the first %s', async (_, call) => {
  await using stack = await lazyStack()
  expect(stack.loops()).toBe(0)
  await call(stack)
  await until(() => expect(stack.loops()).toBe(3))
})

test('delivers usage from a process that never calls start()', async () => {
  await using stack = await lazyStack()
  await spend(stack, ada, 3)
  await until(async () => expect((await stack.atFlowglad.events()).map(({ amount }) => amount)).toEqual([3]))
})

test("starts no loops for an operator's reads and changes", async () => {
  await using stack = await lazyStack()
  await stack.billing.operator.parked(10)
  await stack.billing.operator.act(aDrop)
  await stack.billing.drain()
  await stack.billing.health()
  expect(stack.loops()).toBe(0)
})

test('starts no loops on a call if autoStart is false', async () => {
  await using stack = await lazyStack({ autoStart: false })
  await chargeOf(stack, ada, 1)
  await stack.billing.handle(request('/readyz'), caller)
  expect(stack.loops()).toBe(0)
  await stack.billing.start()
  await until(() => expect(stack.loops()).toBe(3))
})

test('starts no loops after close()', async () => {
  await using stack = await lazyStack()
  await stack.billing.close()
  await expect(spend(stack, ada)).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
  await stack.billing.handle(request('/readyz'), caller)
  await expect(stack.billing.start()).rejects.toThrow('This billing instance is closed')
  expect(stack.loops()).toBe(0)
})

test('starts no loops if close() is called while start() is pending', async () => {
  await using stack = await lazyStack()
  const answer = stack.proxy.hold(/pricing-models/)
  const starting = stack.billing.start()
  await until(() => expect(stack.proxy.count(/pricing-models/)).toBe(1))
  const closing = stack.billing.close()
  answer()
  await starting
  await closing
  expect(stack.loops()).toBe(0)
})

test('accepts a missing ledger address during `next build`', async () => {
  vi.stubEnv('NEXT_PHASE', 'phase-production-build')
  // Simulates an environment variable that isn't set during the build.
  const missing = undefined as unknown as string
  for (const ledger of [sqliteLedger(missing), postgresLedger(missing)]) {
    await using billing = createBilling({
      meters,
      ledger,
      flowglad: { secretKey: missing },
      customer: () => ada,
    })
    await expect(billing.balances(ada)).rejects.toThrow("Billing can't be used while `next build` runs.")
  }
})

test('creates no ledger file and starts no loops during `next build`', async () => {
  vi.stubEnv('NEXT_PHASE', 'phase-production-build')
  using file = ledgerFile()
  const clock = countingClock()
  // Simulates an environment variable that isn't set during the build.
  const missing = undefined as unknown as string
  const billing = createBilling({
    meters,
    ledger: sqliteLedger(file.path),
    flowglad: { secretKey: missing },
    customer: () => ada,
    publicUrl: missing,
    clock,
  })
  await billing.start()
  for (const call of [
    () => billing.balances(ada),
    () => billing.meter({ customer: ada, meter: 'tokens' }, () => 'done'),
    () => billing.watch(ada).next(),
    () => billing.health(),
    () => billing.operator.parked(10),
    () => billing.operator.act(aDrop),
    () => billing.operator.acts()[Symbol.asyncIterator]().next(),
    () => billing.drain(),
  ]) {
    await expect(call()).rejects.toThrow("Billing can't be used while `next build` runs.")
  }
  expect(existsSync(file.path)).toBe(false)
  expect(clock.idling).toBe(0)
})
