import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Libsql from 'libsql'

/** The error for a file that can't be used, for example because another server has locked it. */
export class DatabaseError extends Error {}

/** An open SQLite file. */
export interface Sqlite {
  database: Libsql.Database
  close(): void
}

/** The size of SQLite's page cache. It limits SQLite's memory use regardless of the file's size. */
const cacheKb = 16_000

/**
 * Opens a SQLite file. A commit is on the disk before the response is sent (`synchronous=FULL`). The lock is
 * exclusive, because changes by a second server would make this server's cached records stale.
 * @throws DatabaseError
 */
export function openSqlite(file: string): Sqlite {
  let database: Libsql.Database | undefined
  try {
    mkdirSync(dirname(file), { recursive: true })
    database = new Libsql(file)
    // A previous server might still be closing the file.
    database.exec('PRAGMA busy_timeout = 1000')
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec(`PRAGMA cache_size = -${cacheKb}`)
    database.exec('BEGIN EXCLUSIVE; COMMIT')
  } catch (error) {
    database?.close()
    const message = error instanceof Error ? error.message : String(error)
    if (/locked|busy/i.test(message))
      throw new DatabaseError(
        `${file} is in use by another flowglad-local. Stop that process or use another file.`,
      )
    // The driver's message for a file that can't be opened gives only a number as the reason.
    const reason = /unable to open/i.test(message)
      ? "it can't be opened. Choose a file in a folder that you can write to."
      : message
    throw new DatabaseError(`${file} cannot be used as the database: ${reason}`, { cause: error })
  }
  const opened = database
  return {
    database: opened,
    close: () => {
      // The driver keeps the connection and its lock until all statements are garbage-collected. To release the
      // lock immediately, leave WAL mode and exclusive locking before closing.
      try {
        opened.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL')
        opened.prepare('SELECT count(*) FROM sqlite_master').get()
      } catch {
        // On a full disk, SQLite can't move the WAL into the file. The next start reads both the WAL and the
        // file, so nothing is lost.
      }
      opened.close()
    },
  }
}

/**
 * Opens a SQLite file that the operating system deletes when the process ends, even if the process is killed.
 * On Windows, only `close` deletes the file. Unlike an in-memory database, the file doesn't increase the
 * process's memory. The data doesn't have to survive a crash, so SQLite doesn't wait for the disk.
 */
export function openTemporarySqlite(): Sqlite {
  const directory = mkdtempSync(join(tmpdir(), 'flowglad-local-'))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  const database = new Libsql(join(directory, 'temporary.db'))
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  database.exec('PRAGMA journal_mode = MEMORY')
  database.exec('PRAGMA synchronous = OFF')
  database.exec(`PRAGMA cache_size = -${cacheKb}`)
  database.exec('BEGIN EXCLUSIVE; COMMIT')
  // Windows can't delete an open file.
  const deletesOpenFiles = process.platform !== 'win32'
  if (deletesOpenFiles) remove()
  return {
    database,
    close: () => {
      database.close()
      if (!deletesOpenFiles) remove()
    },
  }
}
