import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import Libsql from 'libsql'
import { Pool } from 'pg'
import type { Env } from './env.ts'
import { createPictureTable, type PictureTable } from './studio/pictureTable.ts'

/**
 * Where the app's tables lie in PostgreSQL, said outright: its search path begins with a schema of the role's own name, and a role named
 * like the ledger's schema would find the ledger's tables for the app's.
 */
export const schemaName = 'public'

/** The app's own tables; better-auth keeps its four beside them, and the ledger its own. */
export interface Tables {
  picture: PictureTable
}

interface Connection {
  type: 'sqlite' | 'postgres'
  kysely: Kysely<Tables>
}

export interface Database extends Connection, AsyncDisposable {
  /** What the ledger opens for itself, so that everything moves together. */
  source: { file: string } | { pool: Pool }
  /**
   * Brings every table up to date. Any number of servers may start at once: all of it is one transaction, which the first to come
   * holds and the others wait for.
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
    // The ledger syncs this same file before a caller gets an answer, and with it everything written here until then.
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
  // The app may queue for its connections for long, the ledger never behind it: a burst of pictures does not delay who may begin.
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
    // A database that is cut off silently is noticed, and nobody queues for it for ever.
    keepAlive: true,
  })
  // A connection that breaks fails its own query and is replaced at the next use. Unheard, the same event would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** `connection` has exactly one physical connection, so whatever runs on it meanwhile belongs to the one transaction. */
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
