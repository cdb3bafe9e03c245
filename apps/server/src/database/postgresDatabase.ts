import { Kysely, PostgresDialect, type PostgresPoolClient, sql } from 'kysely'
import { Pool, type PoolClient } from 'pg'
import { createPictureTable } from '../studio/pictureTable.ts'
import type { Database, MigrateSessions, Tables } from './database.ts'
import { onceDone } from './onceDone.ts'
import { isUnavailable, orUnavailable } from './unavailable.ts'

/**
 * The PostgreSQL schema of the app's tables. By default, PostgreSQL first searches the schema that has the role's
 * name. If the role had the name of the ledger's schema, the app would use the ledger's tables.
 */
export const schemaName = 'public'

const schemaLock = 7_301_955_662_241_091n

export function openPostgres(url: string, migrateSessions: MigrateSessions): Database {
  // The ledger has its own pool, so that a burst of picture requests doesn't delay the ledger.
  const pool = createPool(url, { max: 10, connectionTimeoutMillis: 10_000, query_timeout: 12_000 })
  const ledgerPool = createPool(url, { max: 4, connectionTimeoutMillis: 5_000 })
  const kyselyOn = (dialect: PostgresDialect) => new Kysely<Tables>({ dialect }).withSchema(schemaName)

  const ready = onceDone(async () => {
    // Use only one connection, so that every query is part of the transaction.
    const single = createPool(url, { max: 1, connectionTimeoutMillis: 5_000, query_timeout: 600_000 })
    const kysely = kyselyOn(new PostgresDialect({ pool: single }))
    try {
      await sql`BEGIN`.execute(kysely)
      await sql`SELECT pg_advisory_xact_lock(${schemaLock}::bigint)`.execute(kysely)
      await createPictureTable({ type: 'postgres', kysely })
      await migrateSessions({ type: 'postgres', kysely })
      await sql`COMMIT`.execute(kysely)
    } finally {
      await kysely.destroy()
    }
  })
  const connect = async () => {
    await orUnavailable(ready())
    return closedIfBroken(await orUnavailable(pool.connect()))
  }
  const kysely = kyselyOn(new PostgresDialect({ pool: { connect, end: () => pool.end() } }))
  return {
    type: 'postgres',
    kysely,
    source: { pool: ledgerPool },
    ready,
    async [Symbol.asyncDispose]() {
      await kysely.destroy()
      await Promise.all([pool, ledgerPool].filter(({ ended }) => !ended).map((it) => it.end()))
    },
  }
}

/**
 * Wraps a client. If a query fails because the database is unavailable, `release` removes the connection from
 * the pool, because the connection may be broken or read-only. A session keeps its
 * `default_transaction_read_only` until it ends, even if the database's setting changes.
 */
function closedIfBroken(client: PoolClient): PostgresPoolClient {
  let isBroken = false
  const query = async (text: string, values: readonly unknown[]) => {
    try {
      return await orUnavailable(client.query(text, [...values]))
    } catch (error) {
      isBroken ||= isUnavailable(error)
      throw error
    }
  }
  // Kysely's type for a client differs from pg's type in two ways. Kysely's type has an overload for cursors,
  // which the app doesn't use, and declares `command` as a union of literals. pg's type declares a string.
  return { query, release: () => client.release(isBroken) } as unknown as PostgresPoolClient
}

function createPool(
  connectionString: string,
  limits: {
    max: number
    connectionTimeoutMillis: number
    /**
     * How long to wait for the result of a query. Without a limit, a database that doesn't respond would
     * block the caller.
     */
    query_timeout?: number
  },
): Pool {
  const pool = new Pool({
    connectionString,
    ...limits,
    application_name: 'metered',
    // Detect a database that stops responding without closing its connections.
    keepAlive: true,
  })
  // A broken connection's query fails, and the pool replaces the connection. Without a listener, the `error`
  // event would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
