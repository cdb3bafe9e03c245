import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import Libsql from 'libsql'
import { Pool } from 'pg'
import type { Env } from './env.ts'
import { createPictureTable, type PictureTable } from './studio/pictureTable.ts'

/**
 * The PostgreSQL schema of the app's tables. Without an explicit schema, PostgreSQL first searches the schema
 * with the same name as the role. If that schema were the ledger's, the app would use the ledger's tables.
 */
export const schemaName = 'public'

/** The app's own tables. better-auth and the ledger add their own tables to the same database. */
export interface Tables {
  picture: PictureTable
}

interface Connection {
  type: 'sqlite' | 'postgres'
  kysely: Kysely<Tables>
}

export interface Database extends Connection, AsyncDisposable {
  /** The parameters for opening the ledger in the same database. */
  source: { file: string } | { pool: Pool }
  /**
   * Migrates the app's tables and better-auth's tables in one transaction. If several servers start at the
   * same time, the first server migrates while the others wait.
   */
  migrate(migrateSessions: (connection: Connection) => Promise<void>): Promise<void>
}

const schemaLock = 7_301_955_662_241_091n

export function openDatabase(where: Env['database']): Database {
  return where.type === 'sqlite' ? openSqlite(where.file) : openPostgres(where.url)
}

function openSqlite(file: string): Database {
  mkdirSync(dirname(file), { recursive: true })
  const connect = () => {
    const connection = new Libsql(file)
    connection.exec('PRAGMA busy_timeout = 5000')
    connection.exec('PRAGMA journal_mode = WAL')
    // NORMAL is safe here, because the ledger writes to the same file. The ledger syncs the file before it
    // answers, which also syncs the app's earlier writes.
    connection.exec('PRAGMA synchronous = NORMAL')
    return connection
  }
  const open = () => new Kysely<Tables>({ dialect: new SqliteDialect({ database: async () => connect() }) })
  const kysely = open()
  return {
    type: 'sqlite',
    kysely,
    source: { file },
    migrate: (migrateSessions) =>
      migrateIn({ type: 'sqlite', kysely: open() }, sql`BEGIN IMMEDIATE`, migrateSessions),
    [Symbol.asyncDispose]: () => kysely.destroy(),
  }
}

function openPostgres(url: string): Database {
  // The ledger has its own pool, so a burst of picture requests never delays the ledger.
  const pool = createPool(url, { max: 10, connectionTimeoutMillis: 20_000 })
  const ledgerPool = createPool(url, { max: 4, connectionTimeoutMillis: 5_000 })
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema(schemaName)
  return {
    type: 'postgres',
    kysely,
    source: { pool: ledgerPool },
    async migrate(migrateSessions) {
      const single = new Kysely<Tables>({
        dialect: new PostgresDialect({ pool: createPool(url, { max: 1, connectionTimeoutMillis: 20_000 }) }),
      }).withSchema(schemaName)
      await migrateIn({ type: 'postgres', kysely: single }, sql`BEGIN`, migrateSessions)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([kysely.destroy(), ledgerPool.end()])
    },
  }
}

function createPool(
  connectionString: string,
  limits: { max: number; connectionTimeoutMillis: number },
): Pool {
  const pool = new Pool({
    connectionString,
    ...limits,
    application_name: 'metered',
    // Detects a database that stops responding without closing its connections.
    keepAlive: true,
  })
  // If a connection breaks, its query fails, and the pool replaces the connection. Without a listener, the
  // `error` event would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** `connection` must use exactly one physical connection, so that every query is part of the transaction. */
async function migrateIn(
  connection: Connection,
  begin: ReturnType<typeof sql>,
  migrateSessions: Parameters<Database['migrate']>[0],
) {
  const { type, kysely } = connection
  try {
    await begin.execute(kysely)
    if (type === 'postgres') await sql`SELECT pg_advisory_xact_lock(${schemaLock}::bigint)`.execute(kysely)
    await createPictureTable(connection)
    await migrateSessions(connection)
    await sql`COMMIT`.execute(kysely)
  } finally {
    await kysely.destroy()
  }
}
