import { connect, type SqliteDriver } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'

/** The SQLite drivers that work in this environment. */
export const sqliteDrivers = (['node:sqlite', 'libsql'] satisfies SqliteDriver[]).filter((driver) => {
  try {
    connect(':memory:', driver).close()
    return true
  } catch {
    return false
  }
})
