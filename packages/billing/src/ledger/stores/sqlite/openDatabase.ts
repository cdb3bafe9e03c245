import Database from 'libsql'
import { migrations } from './migrations.ts'

export type SqliteDatabase = InstanceType<typeof Database>

/**
 * Opens the file (or `:memory:`) and applies missing migrations. Several processes can open the file
 * concurrently.
 */
export function openDatabase(file: string): SqliteDatabase {
  const db = new Database(file, { timeout: 5000 })
  // Blocking is fine here: no call waits for the ledger yet.
  db.exec('PRAGMA busy_timeout = 5000')
  db.exec('PRAGMA journal_mode = WAL')
  // With NORMAL, a power failure can undo the last commits, even if their calls were already answered.
  db.exec('PRAGMA synchronous = FULL')
  // A checkpoint waits for the disk. With many customers, each checkpoint writes many pages, so fewer and
  // larger checkpoints cost less.
  db.exec('PRAGMA wal_autocheckpoint = 4000')
  db.exec('PRAGMA cache_size = -32000')
  migrate(db)
  // From now on, a busy file must not block the event loop. The batcher retries.
  db.exec('PRAGMA busy_timeout = 0')
  return db
}

function migrate(db: SqliteDatabase): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec('CREATE TABLE IF NOT EXISTS metered_migration (id integer PRIMARY KEY)')
    const applied = db.prepare('SELECT id FROM metered_migration').all().length
    for (const [id, sql] of migrations.entries()) {
      if (id < applied) continue
      db.exec(sql)
      db.prepare('INSERT INTO metered_migration (id) VALUES (?)').run(id)
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
