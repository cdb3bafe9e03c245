import type { SqliteDatabase } from './sqliteDriver.ts'

/**
 * Runs `work` in a transaction that locks the file, so that the rows that `work` reads can't change before it
 * writes. Throws if another connection has locked the file.
 */
export function inTransaction<T>(db: Pick<SqliteDatabase, 'exec'>, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    try {
      db.exec('ROLLBACK')
    } catch {
      // After some errors, such as a full disk, SQLite has already rolled back.
    }
    throw error
  }
}
