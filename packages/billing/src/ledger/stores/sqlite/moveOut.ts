import { z } from 'zod'
import { noWrites, type Writes } from '../../core/writes.ts'
import { LedgerUnavailableError } from '../../errors.ts'
import { assertCurrentRelease } from '../assertCurrentRelease.ts'
import { copiedTables, type LedgerCopy } from '../ledgerCopy.ts'
import { column, selectList, type Table, tables } from '../tables.ts'
import { countMigrations } from './appliedMigrations.ts'
import { assertNotMoved, movedTo } from './assertNotMoved.ts'
import { migrations } from './migrations.ts'
import { connect, resultCodeOf, type SqliteDatabase } from './sqliteDriver.ts'

/** The number of rows per page. Stored results can be large, so a page is small. */
const pageRows = 500

/**
 * Reads the whole ledger in the file, and passes it to `take`. `take` must call `mark` immediately before it
 * commits. After `mark`, no server opens the ledger in this file, so two servers never use two copies. If
 * `take` rejects before it calls `mark`, servers can still use the file. If `take` rejects later, call this
 * function again with the same address. Until `mark` returns, no other process can use the file.
 *
 * @throws {LedgerUnavailableError} if another process has opened the file, if the file contains no ledger of this
 * release, or if the ledger was moved to another address.
 */
export async function moveOut<T>(
  file: string,
  address: string,
  take: (copy: LedgerCopy, mark: () => void) => Promise<T>,
): Promise<T> {
  const db = connect(file)
  try {
    lock(file, db)
    assertCurrentRelease(file, countMigrations(db), migrations.length)
    const isMarked = movedTo(db) === address
    if (!isMarked) assertNotMoved(file, db)
    return await take(copyOf(db, isMarked), () => {
      db.prepare('UPDATE metered_ledger SET moved_to = ?').run(address)
      db.exec('COMMIT')
    })
  } finally {
    db.close()
  }
}

/**
 * Locks the file. Leaving WAL mode fails while any other connection is open, even an idle one. After the
 * connection has left WAL mode, no server can still write to the file.
 */
function lock(file: string, db: SqliteDatabase): void {
  try {
    db.exec('PRAGMA journal_mode = DELETE')
    // With FULL, a power failure can undo the mark, because the folder isn't flushed after the journal is deleted.
    db.exec('PRAGMA synchronous = EXTRA')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    if (resultCodeOf(error) !== 5) throw error
    throw new LedgerUnavailableError('cannotOpen', {
      message: `Nothing was moved, because another process uses the ledger in ${file}. Stop all servers, then try again.`,
      cause: error,
    })
  }
}

const identity = z.object({
  id: z.string(),
  restoredAt: z.number().nullable(),
  recoveredAt: z.number().nullable(),
})
const rowCount = z.object({ rows: z.number() })

function copyOf(db: SqliteDatabase, isMarked: boolean): LedgerCopy {
  const counts = copiedTables.map((name) => `(SELECT count(*) FROM metered_${name})`)
  return {
    identity: identity.parse(
      db
        .prepare('SELECT id, restored_at AS "restoredAt", recovered_at AS "recoveredAt" FROM metered_ledger')
        .get(),
    ),
    isMarked,
    acts: [...pagesOf(db, tables.ledgerAct)].flat(),
    rows: rowCount.parse(db.prepare(`SELECT ${counts.join(' + ')} AS rows`).get()).rows,
    *pages(): Generator<Writes> {
      for (const customers of pagesOf(db, tables.customer)) yield { ...noWrites(), customers }
      for (const accounts of pagesOf(db, tables.account)) yield { ...noWrites(), accounts }
      for (const newHolds of pagesOf(db, tables.hold)) yield { ...noWrites(), newHolds }
      for (const keys of pagesOf(db, tables.key)) yield { ...noWrites(), keys }
      // In SQLite, the primary key of events begins with the attempt.
      const newEvents = pagesOf(db, { ...tables.event, key: ['attempt', 'customer', 'meter'] })
      for (const page of newEvents) yield { ...noWrites(), newEvents: page }
      for (const newBudgets of pagesOf(db, tables.budget)) yield { ...noWrites(), newBudgets }
      for (const newAlerts of pagesOf(db, tables.alert)) yield { ...noWrites(), newAlerts }
      for (const newActs of pagesOf(db, tables.act)) yield { ...noWrites(), newActs }
      for (const daily of pagesOf(db, tables.daily)) yield { ...noWrites(), daily }
      for (const labels of pagesOf(db, tables.label)) yield { ...noWrites(), labels }
      for (const dailyLabels of pagesOf(db, tables.dailyLabel)) yield { ...noWrites(), dailyLabels }
    },
  }
}

/** Returns all rows of a table, page by page. Each page starts after the last key of the previous page. */
function* pagesOf<Row>(db: SqliteDatabase, table: Table<Row>): Generator<Row[]> {
  const key = table.key.map(column).join(', ')
  const select = (where: string) =>
    db.prepare(
      `SELECT ${selectList(table, 't')} FROM metered_${table.name} t ${where} ORDER BY ${key} LIMIT ${pageRows}`,
    )
  const next = select(`WHERE (${key}) > (${table.key.map(() => '?').join(', ')})`)
  let rows = select('').all()
  while (rows.length > 0) {
    const page = rows.map((row) => table.decode(row))
    yield page
    const last = page.at(-1)
    rows = last && page.length === pageRows ? next.all(...table.key.map((it) => last[it])) : []
  }
}
