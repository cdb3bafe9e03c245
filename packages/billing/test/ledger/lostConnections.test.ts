import { Pool } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aReserve } from './builders.ts'
import { createDatabase, query } from './postgres.ts'

/** Creates a ledger on a pool whose only connection is older than the ledger. */
async function aUsedPool() {
  const address = await createDatabase()
  const pool = new Pool({ connectionString: address, max: 1, idleTimeoutMillis: 0 })
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const ledger = postgresLedger(pool)
  onTestFinished(async () => {
    await ledger.close()
    await pool.end()
  })
  await ledger.health()
  return { address, ledger, end: () => query(address, `SELECT pg_terminate_backend(${rows[0]?.pid})`) }
}

test('notices a broken idle connection even if the pool opened it before the ledger was created', async () => {
  const { ledger, end } = await aUsedPool()
  const interruptions = ledger.interruptions()
  await end()
  await expect.poll(() => ledger.interruptions()).toBeGreaterThan(interruptions)
})

test('repeats a batch if its connection breaks, even if the pool opened the connection before the ledger was created', async () => {
  const { address, ledger, end } = await aUsedPool()
  const interruptions = ledger.interruptions()
  await query(address, `ALTER TABLE metered.customer ADD CONSTRAINT slow CHECK (pg_sleep(0.5) IS NOT NULL)`)
  const lease = ledger.execute({
    type: 'takeLease',
    customer: 'ada',
    token: 'token',
    purpose: 'fetch',
    leaseMs: 1_000,
    maxEvents: 0,
    extend: false,
  })
  await expect
    .poll(() => query(address, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
    .toHaveLength(1)
  await end()
  expect(await lease).toMatchObject({ state: 'taken' })
  expect(ledger.interruptions()).toBeGreaterThan(interruptions)
  expect(await ledger.execute(aReserve())).toMatchObject({ state: 'needsSnapshot' })
})
