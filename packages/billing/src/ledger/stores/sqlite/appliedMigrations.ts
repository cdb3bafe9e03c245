import { connect, type SqliteDatabase, type SqliteDriver } from './sqliteDriver.ts'

/** Returns the number of applied migrations, or null if the file contains no ledger. The file must exist. */
export function appliedMigrations(file: string, driver?: SqliteDriver): number | null {
  const db = connect(file, driver)
  try {
    return countMigrations(db)
  } finally {
    db.close()
  }
}

/** Returns the number of applied migrations, or null if the database contains no ledger. */
export function countMigrations(db: SqliteDatabase): number | null {
  const isLedger = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'metered_migration'").all().length > 0
  return isLedger ? db.prepare('SELECT id FROM metered_migration WHERE id >= 0').all().length : null
}
