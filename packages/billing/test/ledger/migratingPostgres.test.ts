import { Client, Pool } from 'pg'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { migrate } from '../../src/ledger/stores/postgres/migrate.ts'
import { migrations } from '../../src/ledger/stores/postgres/migrations.ts'
import { createLedgerWithoutBuckets, query } from './postgres.ts'

const hourMs = 3_600_000

afterEach(() => void vi.useRealTimers())

function aPool(address: string): Pool {
  const pool = new Pool({ connectionString: address })
  pool.on('error', () => {})
  onTestFinished(() => pool.end())
  return pool
}

/**
 * Creates a ledger on which one statement of the migration runs until `finish` is called, as if its table were
 * large.
 */
async function aLargeLedger() {
  const address = await createLedgerWithoutBuckets()
  await query(
    address,
    `CREATE TABLE finished ();
     CREATE FUNCTION work() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
       WHILE NOT EXISTS (SELECT FROM finished) LOOP PERFORM pg_sleep(0.02); END LOOP;
     END $$;
     CREATE EVENT TRIGGER work ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION work()`,
  )
  return {
    address,
    working: () =>
      query(
        address,
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND state = 'active' AND query LIKE '%FUNCTION metered.fill_bucket%'`,
      ),
    finish: () => query(address, 'INSERT INTO finished DEFAULT VALUES'),
    applied: async () => (await query(address, 'SELECT FROM metered.migration')).length,
  }
}

test('completes a migration that takes hours', async () => {
  const ledger = await aLargeLedger()
  const pool = aPool(ledger.address)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const migrated = migrate(pool, 12_000)
  await expect.poll(ledger.working).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(10 * hourMs)
  await ledger.finish()
  await migrated
  expect(await ledger.applied()).toBe(migrations.length)
})

test('limits each statement of a migration to a day, and its wait for a lock to 10 s', async () => {
  const ledger = await aLargeLedger()
  await ledger.finish()
  await query(
    ledger.address,
    `CREATE TABLE noted (name text, value interval);
     CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO noted SELECT name, current_setting(name)::interval
       FROM unnest(ARRAY['statement_timeout', 'lock_timeout']) name;
     END $$;
     CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION note()`,
  )
  await migrate(aPool(ledger.address), 12_000)
  expect(await query(ledger.address, 'SELECT DISTINCT name, value::text FROM noted ORDER BY name')).toEqual([
    { name: 'lock_timeout', value: '00:00:10' },
    { name: 'statement_timeout', value: '1 day' },
  ])
})

test('ends a migration on the server when the node closes the connection', async () => {
  const ledger = await aLargeLedger()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const migrated = migrate(aPool(ledger.address), 12_000)
  const failed = expect(migrated).rejects.toThrow(
    `The database did not complete the work within ${24 * hourMs} ms`,
  )
  await expect.poll(ledger.working).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(24 * hourMs)
  await failed
  await expect.poll(ledger.working).toEqual([])
})

test('gives up a migration if a table is locked, before calls time out', async () => {
  const ledger = await aLargeLedger()
  await ledger.finish()
  const pool = aPool(ledger.address)
  const reader = new Client({ connectionString: ledger.address })
  await reader.connect()
  await reader.query('BEGIN; LOCK TABLE metered.event IN ACCESS SHARE MODE')
  await expect(migrate(pool, 12_000)).rejects.toMatchObject({ code: '55P03' })
  await reader.end()
  await migrate(pool, 12_000)
  expect(await ledger.applied()).toBe(migrations.length)
})
