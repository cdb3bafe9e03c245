import { z } from 'zod'
import { assertKnownRelease } from '../assertKnownRelease.ts'
import { appliedMigrations } from './appliedMigrations.ts'
import { checkTransactions } from './checkTransactions.ts'
import { contraction } from './contraction.ts'
import { explainOpenError } from './explainOpenError.ts'
import { loadCustomersFunctions } from './loadCustomersFunction.ts'
import { createLoadCustomersTypes } from './loadParameters.ts'
import { lockTables } from './lockTables.ts'
import { migrations } from './migrations.ts'
import type { PostgresPool } from './postgresPool.ts'
import { onConnection, type PostgresConnection } from './transaction.ts'
import { createWriteRowsTypes, writeRowsFunctions } from './writeRows.ts'

/**
 * The ID of the advisory lock that prevents concurrent migrations. The number is arbitrary. Only a process that finds a
 * missing migration or function takes the lock. Batches and reads take no advisory locks.
 */
const migrationLock = 7_260_114

const minuteMs = 60_000

/**
 * The time limit for each statement, and for the connection. Rewriting and indexing a large table can take
 * hours. If the limit were too short, each attempt would block the other nodes and then fail.
 */
const migrationDeadlineMs = 24 * 60 * minuteMs

/**
 * How long a migration waits for a table's lock. During this time, batches and reads queue behind the
 * migration. By default, commands wait longer than this for the database, so they don't fail.
 */
const tableLockTimeoutMs = 10_000

const limits = {
  statement_timeout: migrationDeadlineMs,
  transaction_timeout: migrationDeadlineMs,
  idle_in_transaction_session_timeout: 10 * minuteMs,
  /** How long to wait while another node migrates. After that, this node tries again. */
  lock_timeout: 10 * minuteMs,
}

/**
 * Replaces the role's own time limits in this transaction. Sets only limits that the server knows, because
 * `transaction_timeout` doesn't exist before PostgreSQL 17.
 */
const patience = `
  SELECT set_config(name, value, true) FROM pg_settings JOIN (
    VALUES ${Object.entries(limits)
      .map(([name, ms]) => `('${name}', '${ms}')`)
      .join(', ')}
  ) it (name, value) USING (name)`

/**
 * Ends the transaction on the server within seconds if the node dies or closes the connection. Otherwise, the server
 * would keep the locks until it has finished the current statement. Older servers and some platforms don't support
 * this setting.
 */
const endWithConnection = `
  DO $do$ BEGIN
    PERFORM set_config('client_connection_check_interval', '2s', true);
  EXCEPTION WHEN OTHERS THEN NULL;
  END $do$`

const functions = [loadCustomersFunctions, writeRowsFunctions].flatMap((it) => [it.any, it.bucket])

/**
 * Applies missing migrations and creates missing functions in the schema `metered`. Any number of nodes can call this
 * function concurrently.
 */
export const migrate = (pool: PostgresPool, silentAfterMs: number): Promise<void> =>
  applyMissing(pool, silentAfterMs).catch((error: unknown) => {
    throw explainOpenError(error)
  })

async function applyMissing(pool: PostgresPool, silentAfterMs: number): Promise<void> {
  await onConnection(pool, silentAfterMs, checkTransactions)
  if (await onConnection(pool, silentAfterMs, isUpToDate)) return
  await onConnection(pool, migrationDeadlineMs, async (connection) => {
    await connection.query('BEGIN')
    await connection.query(patience)
    await connection.query(endWithConnection)
    await connection.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    await connection.query(`SET LOCAL lock_timeout = ${tableLockTimeoutMs}`)
    await createSchema(connection)
    await connection.query('CREATE TABLE IF NOT EXISTS metered.migration (id int PRIMARY KEY)')
    const applied = (await connection.query('SELECT id FROM metered.migration')).rows.length
    assertKnownRelease(applied, migrations.length)
    if (applied < migrations.length) await connection.query(lockTables)
    for (const [id, sql] of migrations.entries()) {
      if (id < applied) continue
      await connection.query(sql)
      await connection.query('INSERT INTO metered.migration (id) VALUES ($1)', [id])
    }
    // If the ledger is new, no node of an earlier release uses it. Remove the objects that only such nodes need.
    if (applied === 0) await connection.query(contraction)
    const types = [...createLoadCustomersTypes, ...createWriteRowsTypes]
    for (const create of [...types, ...functions.map((it) => it.create)]) await connection.query(create)
    await connection.query('COMMIT')
  })
}

/**
 * Creates the schema if it doesn't exist. `CREATE SCHEMA IF NOT EXISTS` would need the right to create
 * schemas even if the schema exists.
 */
async function createSchema(connection: PostgresConnection): Promise<void> {
  const found = await connection.query("SELECT to_regnamespace('metered') IS NOT NULL AS exists")
  if (!existence.parse(found).rows[0].exists) await connection.query('CREATE SCHEMA metered')
}

const existence = z.object({ rows: z.tuple([z.object({ exists: z.boolean() })]) })

async function isUpToDate(connection: PostgresConnection): Promise<boolean> {
  const applied = await appliedMigrations(connection)
  if (applied === null) return false
  assertKnownRelease(applied, migrations.length)
  if (applied < migrations.length) return false
  const found = await connection.query(
    'SELECT bool_and(to_regproc(it) IS NOT NULL) AS exists FROM unnest($1::text[]) it',
    [functions.map(({ name }) => name)],
  )
  return existence.parse(found).rows[0].exists
}
