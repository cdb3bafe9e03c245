import type { SqliteDatabase } from './sqliteDriver.ts'

/**
 * Returns a function that sets whether the next commits are flushed to the disk. A flush includes all earlier
 * commits.
 */
export function prepareFlush(db: SqliteDatabase): (flushes: boolean) => void {
  let current: boolean | null = null
  return (flushes) => {
    if (flushes === current) return
    // With NORMAL, a crash of the machine can undo the last commits. The setting can't change within a transaction.
    db.exec(`PRAGMA synchronous = ${flushes ? 'FULL' : 'NORMAL'}`)
    current = flushes
  }
}
