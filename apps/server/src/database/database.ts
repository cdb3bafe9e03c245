import type { Kysely } from 'kysely'
import type { Pool } from 'pg'
import type { Env } from '../env.ts'
import type { PictureTable } from '../studio/pictureTable.ts'
import { openPostgres } from './postgresDatabase.ts'
import { openSqlite } from './sqliteDatabase.ts'

/** The app's own tables. better-auth and the ledger add their own tables to the same database. */
export interface Tables {
  picture: PictureTable
}

export interface Connection {
  type: 'sqlite' | 'postgres'
  kysely: Kysely<Tables>
}

export interface Database extends Connection, AsyncDisposable {
  /** The parameters for opening the ledger in the same database. */
  source: { file: string } | { pool: Pool }
  /**
   * Resolves when the app's tables and better-auth's tables are up to date. If several servers start at the
   * same time, one of them migrates while the others wait. After a failure, the next call or query tries
   * again, so the server recovers once the database accepts writes again.
   */
  ready(): Promise<void>
}

/** Adds better-auth's tables through a connection that is in a transaction. */
export type MigrateSessions = (connection: Connection) => Promise<void>

/**
 * Returns the database without opening it. The first query or the first call to `ready` opens and migrates the
 * database.
 */
export function openDatabase(where: Env['database'], migrateSessions: MigrateSessions): Database {
  return where.type === 'sqlite'
    ? openSqlite(where.file, migrateSessions)
    : openPostgres(where.url, migrateSessions)
}
