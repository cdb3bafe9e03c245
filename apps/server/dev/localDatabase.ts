import { existsSync, rmSync } from 'node:fs'
import Libsql from 'libsql'

/** Returns whether another process has the database open, in which case SQLite refuses an exclusive lock. */
export function isOpen(file: string): boolean {
  if (!existsSync(file)) return false
  let database: Libsql.Database | undefined
  try {
    database = new Libsql(file)
    // A process that is stopping can keep the file open for a moment.
    database.exec('PRAGMA busy_timeout = 1000')
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    return false
  } catch (error) {
    return error instanceof Error && /locked|busy/i.test(error.message)
  } finally {
    database?.close()
  }
}

/** Deletes a database and the files that SQLite creates next to it. Returns the deleted files. */
export function deleteDatabase(file: string): string[] {
  const files = ['', '-wal', '-shm', '-journal'].map((suffix) => file + suffix).filter((it) => existsSync(it))
  for (const it of files) rmSync(it)
  return files
}
