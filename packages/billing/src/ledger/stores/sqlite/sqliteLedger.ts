import Database from 'libsql'
import { type Clock, systemClock } from '../../../config/clock.ts'
import { decide } from '../../core/decide.ts'
import { needsOf } from '../../core/needs.ts'
import { createLedger } from '../../createLedger.ts'
import type { Ledger } from '../../ledger.ts'
import { type LedgerOptions, type LedgerSettings, ledgerDefaults } from '../../ledgerOptions.ts'
import type { Store } from '../store.ts'
import { openDatabase } from './openDatabase.ts'
import { prepareLoad } from './prepareLoad.ts'
import { preparePrune } from './preparePrune.ts'
import { prepareReads } from './prepareReads.ts'
import { prepareWrite } from './prepareWrite.ts'

/**
 * Opens a ledger in a SQLite file (or `:memory:`). The ledger's tables have the prefix `metered_`, so the app
 * can keep its own tables in the same file. Several processes can open the file, because the ledger caches
 * nothing between batches.
 */
export function sqliteLedger(
  file: string,
  options: LedgerOptions & { clock?: Pick<Clock, 'now'> } = {},
): Ledger {
  const { clock = systemClock, ...rest } = options
  const settings = { ...ledgerDefaults, ...rest }
  return createLedger(createSqliteStore(file, clock, settings), settings)
}

function createSqliteStore(file: string, clock: Pick<Clock, 'now'>, settings: LedgerSettings): Store {
  const db = openDatabase(file)
  const load = prepareLoad(db, settings)
  const write = prepareWrite(db)
  const prune = preparePrune(db)

  /** BEGIN IMMEDIATE takes the write lock, so loaded rows can't change before the batch writes them. */
  const inTransaction = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  return {
    ...prepareReads(db, () => clock.now()),
    transact: async (commands) =>
      inTransaction(() => {
        const { loaded, now } = load(needsOf(commands), clock.now())
        const { answers, writes } = decide({ loaded, commands, now, settings })
        write(writes)
        return answers
      }),
    isTransient,
    prune: async () => inTransaction(() => prune(clock.now(), settings.pruneRows)),
    close: async () => {
      db.close()
    },
  }
}

/** SQLite's primary result codes for a file that is busy, full or unreachable. A retry can succeed. */
const transientCodes = new Set([
  5, // BUSY
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  9, // INTERRUPT
  10, // IOERR
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
])

const isTransient = (error: unknown) =>
  error instanceof Database.SqliteError && transientCodes.has((error.rawCode ?? 0) & 0xff)
