import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Libsql from 'libsql'

/** Reports that a file can't be used: another server has locked it, or it isn't a database. */
export class DatabaseError extends Error {}

/** Stores committed records, so that the next start can load them. */
export interface Journal {
  load(table: string): unknown[]
  /** Writes all changes or none. */
  write(changes: readonly { table: string; id: string; record: unknown }[]): void
  close(): void
}

/**
 * Opens a SQLite file with one table per record type. Records are stored as JSON. A commit reaches the disk
 * before the response is sent (`synchronous=FULL`). The lock is exclusive, because a second server that uses
 * the file would serve stale data from memory.
 */
export function sqliteJournal(file: string, tables: readonly string[]): Journal {
  const database = openExclusively(file)
  const upserts = new Map<string, Libsql.Statement>()
  for (const table of tables) {
    database.exec(`CREATE TABLE IF NOT EXISTS ${table} (id TEXT PRIMARY KEY, record TEXT NOT NULL)`)
    upserts.set(
      table,
      database.prepare(
        `INSERT INTO ${table} (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record`,
      ),
    )
  }
  return {
    load: (table) =>
      database
        .prepare(`SELECT record FROM ${table} ORDER BY rowid`)
        .all()
        .map((row) => JSON.parse((row as { record: string }).record)),
    write: (changes) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        for (const { table, id, record } of changes) upserts.get(table)?.run(id, JSON.stringify(record))
        database.exec('COMMIT')
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
    close: () => {
      // The driver keeps the connection and its lock until all statements are garbage-collected. To release the
      // lock immediately, leave WAL mode and exclusive locking before closing.
      database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL')
      database.prepare('SELECT count(*) FROM sqlite_master').get()
      database.close()
    },
  }
}

function openExclusively(file: string): Libsql.Database {
  let database: Libsql.Database | undefined
  try {
    mkdirSync(dirname(file), { recursive: true })
    database = new Libsql(file)
    // Wait for a previous server that might still be closing.
    database.exec('PRAGMA busy_timeout = 1000')
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    return database
  } catch (error) {
    database?.close()
    const message = error instanceof Error ? error.message : String(error)
    if (/locked|busy/i.test(message)) throw new DatabaseError(`${file} is in use by another flowglad-local`)
    throw new DatabaseError(`${file} cannot be used as the database: ${message}`, { cause: error })
  }
}
