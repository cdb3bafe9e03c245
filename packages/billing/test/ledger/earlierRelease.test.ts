import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aLeg, aRenew, aReserve, fetched, units } from './builders.ts'
import { listBudgets, setBudget } from './contract/steps.ts'
import { createDatabase, createLedgerWithoutBuckets, query } from './postgres.ts'
import { testClock } from './testClock.ts'

/**
 * The columns of the hold table in releases that don't store counts. During a deployment, an earlier release
 * and the new release share the ledger.
 */
const columns =
  'customer, attempt, subscription, procedure, legs, state, started_at, expires_at, max_hold_ms, prune_at'
const attempt = 'written by an earlier release'

/** Returns statements for tables with the given prefix. */
type Sql = (prefix: string) => string

const stores = {
  async SQLite() {
    const clock = testClock()
    const folder = await mkdtemp(join(tmpdir(), 'metered-earlier-'))
    const file = join(folder, 'ledger.db')
    return {
      clock,
      ledger: sqliteLedger(file, { clock }),
      open: () => sqliteLedger(file, { clock }),
      run: async (sql: Sql) => connect(file).exec(sql('metered_')),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    }
  },
  async PostgreSQL() {
    const clock = testClock()
    const database = await createLedgerWithoutBuckets()
    return {
      clock,
      ledger: postgresLedger(database, { clock }),
      open: () => postgresLedger(database, { clock }),
      run: async (sql: Sql) => void (await query(database, sql('metered.'))),
      async [Symbol.asyncDispose]() {},
    }
  },
}

const balance = async (ledger: Ledger) => (await ledger.balances('ada')).balances[0]

test.each(['SQLite', 'PostgreSQL'] as const)(
  'expires holds that an earlier release has written or renewed (%s)',
  async (name) => {
    await using store = await stores[name]()
    const { ledger, clock, run } = store
    await fetched(ledger, units(10))
    const reserve = aReserve({ legs: [aLeg({ amount: 4 })], ttlMs: 1000 })
    await ledger.execute(reserve)
    await ledger.execute(aRenew(reserve, { ttlMs: 1000, counted: [{ meter: 'generations', amount: 3 }] }))
    await run(
      (prefix) => `
        INSERT INTO ${prefix}hold (${columns})
        SELECT ${columns.replace('attempt', `'${attempt}'`)} FROM ${prefix}hold
        WHERE attempt = '${reserve.attempt}';
        UPDATE ${prefix}hold SET expires_at = expires_at + 500 WHERE attempt = '${reserve.attempt}';
        UPDATE ${prefix}customer SET version = version + 1`,
    )
    clock.advance(1000)
    expect(await ledger.execute({ type: 'expire', customer: 'ada' })).toEqual({ state: 'swept', ended: 1 })
    expect(await ledger.execute(aRenew({ ...reserve, attempt }))).toMatchObject({ state: 'ended' })
    clock.advance(500)
    expect(await ledger.execute({ type: 'expire', customer: 'ada' })).toEqual({ state: 'swept', ended: 1 })
    expect(await balance(ledger)).toMatchObject({ used: 3 })
    await ledger.close()
  },
)

test.each(['SQLite', 'PostgreSQL'] as const)(
  'returns a budget’s units even if a node of an earlier release ended the hold (%s)',
  async (name) => {
    await using store = await stores[name]()
    await using ledger = store.ledger
    await fetched(ledger, units(100))
    await setBudget(ledger)
    const running = aReserve()
    await ledger.execute(running)
    await ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })], key: 'ended' }))
    await store.run(
      (prefix) => `
        DELETE FROM ${prefix}hold WHERE attempt <> '${running.attempt}';
        UPDATE ${prefix}account SET held = held - 4;
        UPDATE ${prefix}customer SET version = version + 1`,
    )
    expect(await listBudgets(ledger)).toMatchObject([{ used: 0, held: 1 }])
    expect(await ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({ state: 'held' })
    expect(await listBudgets(ledger)).toMatchObject([{ used: 0, held: 5 }])
    expect(await ledger.audit('ada')).toEqual([])
  },
)

test('keeps the values of a column that a later release has added (PostgreSQL)', async () => {
  const database = await createDatabase()
  await using ledger = postgresLedger(database)
  await fetched(ledger, units(10))
  await query(database, 'ALTER TABLE metered.hold ADD COLUMN later integer NOT NULL DEFAULT 1')
  const reserve = aReserve()
  expect(await ledger.execute(reserve)).toMatchObject({ state: 'held' })
  await query(database, 'UPDATE metered.hold SET later = 2')
  expect(await ledger.execute(aRenew(reserve))).toMatchObject({ state: 'renewed' })
  expect(await query(database, 'SELECT later FROM metered.hold')).toEqual([{ later: 2 }])
})

test.each(['SQLite', 'PostgreSQL'] as const)(
  'does not open a ledger that a newer release has migrated (%s)',
  async (name) => {
    await using store = await stores[name]()
    await store.ledger.health()
    await store.run((prefix) => `INSERT INTO ${prefix}migration (id) VALUES (1000)`)
    await store.ledger.close()
    const reopened = store.open()
    await expect(reopened.health()).rejects.toMatchObject({
      reason: 'cannotOpen',
      message: expect.stringContaining('A newer release of @metered/billing has migrated this ledger'),
    })
    await reopened.close()
  },
)
