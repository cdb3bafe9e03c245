import { expect, test } from 'vitest'
import type { Denial, DenialCode } from '../../src/contract/denials.ts'
import {
  BillingError,
  InsufficientCreditsError,
  unavailable,
  unconfirmed,
} from '../../src/contract/errors.ts'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import type { DenialCount } from '../../src/ledger/reads.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { DenialCounts } from '../../src/metering/denialCounts.ts'
import { testClock } from '../../src/testing/index.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'

const call = { customer: 'ada', procedure: 'write' }
const short = () => new InsufficientCreditsError('tokens', 3, 5)

/** Counts denials in an in-memory ledger. `writes` lists the rows of each write. `fail` makes later writes fail. */
function start() {
  const clock = testClock()
  const ledger = sqliteLedger(':memory:', { clock })
  const { logger, messages } = recordingLogger()
  const writes: DenialCount[][] = []
  let failure: Error | null = null
  const counts = new DenialCounts({
    ledger: {
      async countDenials(rows) {
        writes.push(rows)
        if (failure) throw failure
        await ledger.countDenials(rows)
      },
    },
    clock,
    logger,
  })
  return {
    counts,
    ledger,
    clock,
    writes,
    messages,
    fail(error: Error | null) {
      failure = error
    },
    async [Symbol.asyncDispose]() {
      await counts.close()
      await ledger.close()
    },
  }
}

test('writes one row for a hundred thousand denials', async () => {
  await using it = start()
  for (let n = 0; n < 100_000; n += 1) it.counts.note(call, short())
  await it.clock.advance(1_000)
  expect(it.writes).toHaveLength(1)
  expect(await it.ledger.denials('ada')).toEqual([
    expect.objectContaining({
      procedure: 'write',
      code: 'INSUFFICIENT_CREDITS',
      meter: 'tokens',
      count: 100_000,
    }),
  ])
})

test('writes at most once a second', async () => {
  await using it = start()
  for (let n = 0; n < 50; n += 1) {
    it.counts.note(call, short())
    await it.clock.advance(100)
  }
  expect(it.writes.length).toBeLessThanOrEqual(5)
  expect(it.writes.length).toBeGreaterThanOrEqual(4)
})

test('limits the number of rows for a customer whose calls all have different names', async () => {
  await using it = start()
  for (let n = 0; n < 20_000; n += 1) {
    it.counts.note({ ...call, procedure: `job ${n}` }, short())
    if (n % 1_000 === 0) await it.clock.advance(1_000)
  }
  await it.counts.close()
  const rows = await it.ledger.denials('ada')
  expect(rows).toHaveLength(101)
  expect(rows.find(({ procedure }) => procedure === '(other procedures)')).toMatchObject({ count: 19_900 })
})

test('limits the counts in memory and in each write during an outage', async () => {
  await using it = start()
  it.fail(new LedgerUnavailableError('storeOutOfReach'))
  for (let n = 0; n < 30_000; n += 1) it.counts.note({ ...call, customer: `c${n}` }, short())
  await it.clock.advance(1_000)
  expect(it.writes[0]).toHaveLength(500)
  it.fail(null)
  await it.counts.close()
  expect(new Set(it.writes.flat().map(({ customer }) => customer)).size).toBe(10_000)
})

test('keeps the counts and rarely retries while the ledger does not respond', async () => {
  await using it = start()
  it.fail(new LedgerUnavailableError('storeOutOfReach'))
  for (let n = 0; n < 60; n += 1) {
    it.counts.note(call, short())
    await it.clock.advance(1_000)
  }
  expect(it.writes.length).toBeLessThanOrEqual(5)
  it.fail(null)
  await it.counts.close()
  expect(await it.ledger.denials('ada')).toMatchObject([{ count: 60 }])
  expect(it.messages).toEqual([])
})

test('logs and discards the rows in a write that can never succeed', async () => {
  await using it = start()
  it.fail(new Error('syntax error'))
  it.counts.note(call, short())
  await it.clock.advance(1_000)
  expect(it.messages).toEqual(['counting denials failed'])
  it.fail(null)
  await it.counts.close()
  expect(await it.ledger.denials('ada')).toEqual([])
})

test('writes the waiting counts when it closes', async () => {
  await using it = start()
  it.counts.note(call, short())
  await it.counts.close()
  expect(await it.ledger.denials('ada')).toHaveLength(1)
})

test('counts the denial of a nested call only for the inner procedure', async () => {
  await using it = start()
  const outer = it.counts.during({ ...call, procedure: 'outer' }, () =>
    it.counts.during({ ...call, procedure: 'inner' }, async () => {
      throw short()
    }),
  )
  await expect(outer).rejects.toBeInstanceOf(InsufficientCreditsError)
  it.counts.note(
    { ...call, procedure: 'outermost' },
    new Error('wrapped', { cause: await outer.catch((e) => e) }),
  )
  await it.counts.close()
  expect(await it.ledger.denials('ada')).toMatchObject([{ procedure: 'inner', count: 1 }])
})

test('counts neither errors that are not denials nor work whose charge is unconfirmed', async () => {
  await using it = start()
  it.counts.note(call, new Error('the provider is down'))
  it.counts.note(call, unconfirmed(5_000))
  it.counts.note(call, undefined)
  await it.counts.close()
  expect(it.writes).toEqual([])
})

test('counts denials that contain characters or amounts that no store can save', async () => {
  await using it = start()
  it.counts.note({ customer: 'ada\0', procedure: 'x' }, unavailable(1))
  it.counts.note({ customer: 'ada', procedure: `a\0b\uD800${'x'.repeat(1_000)}` }, unavailable(1))
  it.counts.note(call, new InsufficientCreditsError('tokens', Number.NaN, 1.5))
  await it.counts.close()
  expect(await it.ledger.denials('ada')).toHaveLength(2)
})

const lacking = { availableBalance: 1, heldBalance: 0, required: 2 }
const denials = {
  INSUFFICIENT_CREDITS: {
    code: 'INSUFFICIENT_CREDITS',
    asOf: 0,
    upgradeUrl: '/',
    meter: 'tokens',
    ...lacking,
    meters: [
      { meter: 'tokens', ...lacking },
      { meter: 'pages', ...lacking },
    ],
  },
  PAYMENT_OVERDUE: {
    code: 'PAYMENT_OVERDUE',
    pastDueSince: 0,
    graceEndsAt: 0,
    asOf: 0,
    upgradeUrl: '/',
    meters: [],
  },
  NO_SUBSCRIPTION: { code: 'NO_SUBSCRIPTION', upgradeUrl: '/' },
  CUSTOMER_ARCHIVED: { code: 'CUSTOMER_ARCHIVED' },
  STREAM_REPLACED: { code: 'STREAM_REPLACED' },
  FEATURE_NOT_INCLUDED: { code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/' },
  IN_PROGRESS: { code: 'IN_PROGRESS', key: 'k', retryAfterMs: 1 },
  KEY_REUSED: { code: 'KEY_REUSED', key: 'k' },
  ALREADY_COMPLETED: { code: 'ALREADY_COMPLETED', key: 'k' },
  KEY_INVALID: { code: 'KEY_INVALID', key: 'k' },
  BUDGET_EXCEEDED: {
    code: 'BUDGET_EXCEEDED',
    source: 'customer',
    scope: null,
    meter: 'pages',
    limit: 10,
    used: 6,
    held: 3,
    required: 2,
    window: 'month',
    timeZone: 'UTC',
    resetsAt: 1,
  },
  KEY_REQUIRED: { code: 'KEY_REQUIRED', header: 'idempotency-key' },
  FOREIGN_ORIGIN: { code: 'FOREIGN_ORIGIN', origin: null },
  PREFETCH: { code: 'PREFETCH' },
  BILLING_UNAVAILABLE: { code: 'BILLING_UNAVAILABLE', retryAfterMs: 1 },
} satisfies Record<DenialCode, Denial>

const reasons: { [Code in DenialCode]?: object[] } = {
  INSUFFICIENT_CREDITS: [
    { meter: 'pages', feature: null, required: 2, available: 1 },
    { meter: 'tokens', feature: null, required: 2, available: 1 },
  ],
  BUDGET_EXCEEDED: [{ meter: 'pages', feature: null, required: 2, available: 1 }],
  FEATURE_NOT_INCLUDED: [{ meter: null, feature: 'hd', required: null, available: null }],
}

test.each(Object.values(denials))('counts $code with its reason', async (denial) => {
  await using it = start()
  it.counts.note(call, new BillingError(denial, 'Denied'))
  await it.counts.close()
  const found = await it.ledger.denials('ada')
  expect(found.toSorted((a, b) => String(a.meter).localeCompare(String(b.meter)))).toMatchObject(
    (reasons[denial.code] ?? [{ meter: null, feature: null }]).map((reason) => ({
      ...reason,
      code: denial.code,
      procedure: 'write',
      count: 1,
    })),
  )
})
