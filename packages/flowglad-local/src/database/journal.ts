import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Libsql from 'libsql'

/** What keeps a file from being the books: another server has it, or it is something else. */
export class DatabaseError extends Error {}

/** Where committed records go, so that the next start finds them. */
export interface Journal {
  load(table: string): unknown[]
  /** Writes all of it or nothing. */
  write(changes: readonly { table: string; id: string; record: unknown }[]): void
  close(): void
}

/**
 * One SQLite file, a table per kind of record, the record as JSON. A commit is on disk before the answer leaves
 * (`synchronous=FULL`). The lock is exclusive: a second server on the same file would answer from books of its own.
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
      // The driver keeps its connection, and with it the lock, until its statements are collected: leave both first.
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
    // A server that is being restarted may still be closing.
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
    throw new DatabaseError(`${file} cannot hold the db: ${message}`, { cause: error })
  }
}
