import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Pool } from 'pg'
import { expect, test, vi } from 'vitest'
import { customerBalances } from '../../src/ledger/core/customerBalances.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { migrate } from '../../src/ledger/stores/postgres/migrate.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { anInstall, aReserve, aTakeLease, settleOf } from './builders.ts'
import type { Subject } from './histories/CheckedLedger.ts'
import { history } from './histories/history.ts'
import { Life } from './histories/Life.ts'
import { memoryStore } from './histories/memoryStore.ts'
import { createDatabase, deleteRows } from './postgres.ts'
import { testClock } from './testClock.ts'

/** Alternates between two ledgers: runs two batches on one ledger, and then three on the other. */
function inTurns(one: Ledger, two: Ledger): Subject {
  let turn = 0
  return {
    run: (commands) => {
      turn += 1
      const ledger = turn % 5 < 2 ? one : two
      return Promise.all(commands.map((command) => ledger.execute(command)))
    },
    balances: (customer) => (turn % 2 === 0 ? one : two).balances(customer),
    alerts: (customer) => one.alerts({ customer, limit: 1_000 }),
    dailyLabels: (customer) => (turn % 2 === 0 ? one : two).dailyLabels(customer),
    lookups: one,
  }
}

type Clock = ReturnType<typeof testClock>
type History = (ReturnType<typeof history> extends fc.Arbitrary<infer T> ? T : never) & object

async function liveThrough(steps: History, clock: Clock, subject: Subject) {
  const lives = new Map(
    ['ada', 'bob'].map((customer) => [customer, new Life(customer, subject, clock.now())]),
  )
  for (const { customer, step } of steps) {
    if (step.type === 'advance') clock.advance(step.ms)
    for (const life of lives.values()) life.now = clock.now()
    await lives.get(customer)?.live(step)
    if (subject.lookups) expect(await subject.lookups.audit(customer)).toEqual([])
  }
}

test('holds units for a reserve that is repeated after its settle in the same batch, and expires the hold', () => {
  const clock = testClock()
  const store = memoryStore(() => clock.now())
  store.run([aTakeLease({ purpose: 'fetch', token: 't' }), anInstall({ token: 't' })])
  const reserve = aReserve()
  store.run([reserve, settleOf(reserve), reserve])
  const held = () => store.read('ada').accounts.find(({ meter }) => meter === 'generations')?.held
  expect(held()).toBe(1)
  clock.advance(reserve.ttlMs + 1)
  expect(store.run([{ type: 'expire', customer: 'ada' }])).toEqual([{ state: 'swept', ended: 1 }])
  expect(held()).toBe(0)
})

/**
 * Returns fast-check's settings for `count` histories. To generate 20 times as many, run `HISTORY_RUNS=20 npx
 * vitest run test/ledger/histories.test.ts`. A failure prints its seed and the shortest history that fails. If the
 * search for the shortest history takes too long, the failure prints the shortest history found so far.
 */
const runs = (count: number) => ({
  numRuns: count * times,
  plugins: [fc.interruptAfterTimeLimit(times * 120_000, { failOnInterrupt: true })],
})
const times = Number(process.env.HISTORY_RUNS ?? 1)
vi.setConfig({ testTimeout: times * 180_000 })

/** The deadlines are long, so that slow responses on a busy machine don't fail the tests. */
const patient = { transactionTimeoutMs: 60_000, silentAfterMs: 60_000, outOfReachAfterMs: 60_000 }

test('the core agrees with the model in every history', async () => {
  await fc.assert(
    fc.asyncProperty(history(250), async (steps) => {
      const clock = testClock()
      const store = memoryStore(() => clock.now())
      await liveThrough(steps, clock, {
        run: async (commands) => store.run(commands),
        balances: async (customer) => {
          const { row, accounts } = store.read(customer)
          return customerBalances(row, accounts, clock.now())
        },
        alerts: async (customer) => store.alerts(customer),
        async *dailyLabels(customer) {
          yield* store.dailyLabels(customer)
        },
      })
    }),
    runs(150),
  )
})

test.each(['one process', 'two processes'])(
  'agrees with the model in every history of %s on SQLite',
  async (processes) => {
    const folder = await mkdtemp(join(tmpdir(), 'metered-histories-'))
    let files = 0
    await fc.assert(
      fc.asyncProperty(history(120), async (steps) => {
        const clock = testClock()
        files += 1
        const file = join(folder, `${files}.db`)
        await using one = sqliteLedger(file, { clock, ...patient })
        await using two = sqliteLedger(file, { clock, ...patient })
        await liveThrough(steps, clock, inTurns(one, processes === 'one process' ? one : two))
      }),
      runs(25),
    )
    await rm(folder, { recursive: true })
  },
)

test.each(['one node', 'two nodes'])(
  'agrees with the model in every history of %s on PostgreSQL',
  async (nodes) => {
    const pool = new Pool({ connectionString: await createDatabase(), max: 2 })
    await migrate(pool, 60_000)
    await fc.assert(
      fc.asyncProperty(history(100), async (steps) => {
        const clock = testClock()
        await deleteRows(pool)
        await using one = postgresLedger(pool, { clock, ...patient })
        await using two = postgresLedger(pool, { clock, batchBy: 'bucket', ...patient })
        await liveThrough(steps, clock, inTurns(one, nodes === 'one node' ? one : two))
      }),
      runs(12),
    )
    await pool.end()
  },
)
