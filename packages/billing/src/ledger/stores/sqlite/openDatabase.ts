import Database from 'libsql'
import { migrations } from './migrations.ts'

export type SqliteDatabase = InstanceType<typeof Database>

/** Opens the file (or `:memory:`) for the ledger and brings its tables up to date, whatever other process does the same. */
export function openDatabase(file: string): SqliteDatabase {
  const db = new Database(file, { timeout: 5000 })
  // Waiting inside SQLite is fine before there is anybody to keep waiting.
  db.exec('PRAGMA busy_timeout = 5000')
  db.exec('PRAGMA journal_mode = WAL')
  // NORMAL may lose the last commits on power loss: calls whose success was already told would be forgotten.
  db.exec('PRAGMA synchronous = FULL')
  // Fewer, larger checkpoints: with many customers each of them writes many pages, and waits for the disk.
  db.exec('PRAGMA wal_autocheckpoint = 4000')
  db.exec('PRAGMA cache_size = -32000')
  migrate(db)
  // From here on a busy file must not block the event loop; the batcher tries again later.
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
