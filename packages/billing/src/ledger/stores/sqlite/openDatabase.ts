import { assertKnownRelease } from '../assertKnownRelease.ts'
import { assertNotMoved } from './assertNotMoved.ts'
import { inTransaction } from './inTransaction.ts'
import { migrations } from './migrations.ts'
import { connect, type SqliteDatabase, type SqliteDriver } from './sqliteDriver.ts'

/**
 * Opens the file (or `:memory:`), checks that it is writable, and applies missing migrations. Several
 * processes can open the file concurrently. Throws if the file is busy, because waiting here would block the
 * event loop.
 */
export function openDatabase(file: string, driver?: SqliteDriver): SqliteDatabase {
  const db = connect(file, driver)
  try {
    db.exec('PRAGMA journal_mode = WAL')
    // With NORMAL, a power failure can undo the last commits, even if their callers already have the results.
    db.exec('PRAGMA synchronous = FULL')
    // A checkpoint waits for the disk. With many customers, each checkpoint writes many pages. A few large
    // checkpoints therefore cost less than many small ones.
    db.exec('PRAGMA wal_autocheckpoint = 4000')
    db.exec('PRAGMA cache_size = -32000')
    inTransaction(db, () => {
      checkWritable(db)
      migrate(db)
      assertNotMoved(file, db)
    })
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Writes to the file, to check that it is writable. SQLite opens a read-only file without an error, and even
 * `BEGIN IMMEDIATE` succeeds. This function must not prepare statements, because libsql keeps a connection
 * open until its statements are garbage-collected. While a read-only connection is open, new connections in
 * the process are read-only too.
 */
function checkWritable(db: SqliteDatabase): void {
  db.exec('CREATE TABLE IF NOT EXISTS metered_migration (id integer PRIMARY KEY)')
  db.exec('INSERT OR REPLACE INTO metered_migration (id) VALUES (-1)')
  db.exec('DELETE FROM metered_migration WHERE id = -1')
}

function migrate(db: SqliteDatabase): void {
  const applied = db.prepare('SELECT id FROM metered_migration').all().length
  assertKnownRelease(applied, migrations.length)
  for (const [id, sql] of migrations.entries()) {
    if (id < applied) continue
    db.exec(sql)
    db.prepare('INSERT INTO metered_migration (id) VALUES (?)').run(id)
  }
}
