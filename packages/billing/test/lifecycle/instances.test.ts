import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { type FlowgladLocal, startFlowgladLocal } from 'flowglad-local'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { type BillingSetup, createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { aUser, meters } from '../flowglad/meters.ts'
import { pricing } from '../flowglad/pricing.ts'
import { until } from '../flowglad/until.ts'
import { countingClock } from './countingClock.ts'

let flowglad: FlowgladLocal
beforeAll(async () => {
  flowglad = await startFlowgladLocal({ pricing })
})
afterAll(() => flowglad.close())

/** The number of loops that an instance runs: delivery, the sweeper and the check for a restore. */
const allLoops = 3

/**
 * Simulates an evaluation of an app's billing module, as after an edit. The pauses are long, so the running loops
 * are waiting when `loops` counts them.
 */
function evaluate(
  file: string,
  setup: Partial<BillingSetup<typeof meters, object>> = {},
  create = createBilling<typeof meters, object>,
) {
  const clock = countingClock()
  const billing = create({
    meters,
    ledger: sqliteLedger(file),
    flowglad: { secretKey: flowglad.key, baseUrl: flowglad.url },
    customer: () => aUser(),
    publicUrl: 'http://localhost',
    logger: silent,
    options: { decisionMs: 20_000, deliverEveryMs: 3_600_000, sweepMs: 3_600_000 },
    clock,
    ...setup,
  })
  const spend = () => billing.meter({ customer: aUser(), meter: 'tokens' }, () => 'done')
  return { billing, spend, loops: () => clock.idling }
}

/** Returns the number of tokens that the customer has used. */
const used = async ({ billing }: ReturnType<typeof evaluate>) =>
  (await billing.balances(aUser())).balances.find(({ meter }) => meter === 'tokens')?.used

/** Counts the process's open handles on the file and on the files that SQLite keeps next to it. */
const openHandles = (file: string) =>
  readdirSync('/proc/self/fd').filter((fd) => {
    const path = `/proc/self/fd/${fd}`
    // The list also includes a closed handle: `readdirSync` used it to read the folder.
    return existsSync(path) && readlinkSync(path).startsWith(file)
  }).length

// This test needs Linux, which lists a process's handles in `/proc`.
test.runIf(process.platform === 'linux')(
  'keeps only one ledger open and one instance running after 50 evaluations of the billing module',
  async () => {
    using file = ledgerFile()
    const first = evaluate(file.path)
    await first.spend()
    const handles = openHandles(file.path)
    expect(handles).toBeGreaterThan(0)
    const all = [first]
    for (let edit = 1; edit < 50; edit++) {
      const next = evaluate(file.path)
      await next.spend()
      all.push(next)
    }
    expect(openHandles(file.path)).toBe(handles)
    await until(() => expect(all.map(({ loops }) => loops())).toEqual([...Array(49).fill(0), allLoops]))
    await all.at(-1)?.billing.close()
    expect(all.at(-1)?.loops()).toBe(0)
  },
)

test('moves the running loops to the new instance immediately', async () => {
  using file = ledgerFile()
  const old = evaluate(file.path)
  await old.spend()
  await until(() => expect(old.loops()).toBe(allLoops))
  await using current = evaluate(file.path).billing
  await until(() => expect(old.loops()).toBe(0))
  expect(await current.health()).toMatchObject({ status: 'ok' })
})

test('starts the newest instance if an earlier instance receives the first call', async () => {
  using file = ledgerFile()
  const old = evaluate(file.path)
  const current = evaluate(file.path)
  await using _ = current.billing
  expect(current.loops()).toBe(0)
  await old.spend()
  await until(() => expect(current.loops()).toBe(allLoops))
  expect(old.loops()).toBe(0)
})

test('accepts calls through a replaced instance and delivers their usage', async () => {
  using file = ledgerFile()
  const old = evaluate(file.path)
  await old.spend()
  const current = evaluate(file.path)
  await using _ = current.billing
  expect(await old.spend()).toBe('done')
  expect(await used(old)).toBe(await used(current))
  await until(async () => expect(await current.billing.health()).toMatchObject({ waiting: 0 }))
})

test('keeps the newest instance running when an earlier instance closes', async () => {
  using file = ledgerFile()
  const old = evaluate(file.path)
  await old.spend()
  const current = evaluate(file.path)
  await using _ = current.billing
  await old.billing.close()
  expect(await current.spend()).toBe('done')
  await until(() => expect(current.loops()).toBe(allLoops))
})

test('reopens the ledger for a new instance after the previous instance closes', async () => {
  using file = ledgerFile()
  const first = evaluate(file.path)
  await first.spend()
  await first.billing.close()
  const second = evaluate(file.path)
  await using _ = second.billing
  expect(await second.spend()).toBe('done')
})

test('runs instances with different names side by side on one ledger', async () => {
  using file = ledgerFile()
  const one = evaluate(file.path, { instance: 'one' })
  const two = evaluate(file.path, { instance: 'two' })
  await using _ = two.billing
  await one.spend()
  await two.spend()
  await until(() => expect([one.loops(), two.loops()]).toEqual([allLoops, allLoops]))
  await one.billing.close()
  expect(await two.spend()).toBe('done')
})

test('replaces an instance that another copy of this package created', async () => {
  using file = ledgerFile()
  const old = evaluate(file.path)
  await old.spend()
  vi.resetModules()
  const copy = await import('../../src/createBilling.ts')
  expect(copy.createBilling).not.toBe(createBilling)
  const current = evaluate(file.path, {}, copy.createBilling)
  await using _ = current.billing
  await until(() => expect([old.loops(), current.loops()]).toEqual([0, allLoops]))
  expect(await used(old)).toBe(await used(current))
})

test("keeps an in-memory instance's data when an instance with the same name replaces it", async () => {
  const old = evaluate(':memory:', { instance: 'in memory' })
  await old.spend()
  const current = evaluate(':memory:', { instance: 'in memory' })
  await using _ = current.billing
  expect(await used(old)).toBeGreaterThan(0)
  expect(await used(current)).toBe(await used(old))
  await until(() => expect([old.loops(), current.loops()]).toEqual([0, allLoops]))
})

test('gives each in-memory ledger its own instance by default', async () => {
  const one = evaluate(':memory:')
  const two = evaluate(':memory:')
  await using _one = one.billing
  await using _two = two.billing
  await one.spend()
  await two.spend()
  await until(() => expect([one.loops(), two.loops()]).toEqual([allLoops, allLoops]))
})
