import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { type Clock, systemClock } from '../../../config/clock.ts'
import { isNextBuild } from '../../../config/nextBuild.ts'
import { createLedger } from '../../createLedger.ts'
import type { Ledger } from '../../ledger.ts'
import { type LedgerOptions, type LedgerSettings, settingsOf } from '../../ledgerOptions.ts'
import { createClockWatch } from '../clockWatch.ts'
import { RecentCustomers } from '../recentCustomers.ts'
import type { OpenStore, Store } from '../store.ts'
import { explainOpenError } from './explainOpenError.ts'
import { inTransaction } from './inTransaction.ts'
import { openDatabase } from './openDatabase.ts'
import { prepareAlerts } from './prepareAlerts.ts'
import { prepareDenials } from './prepareDenials.ts'
import { prepareFlush } from './prepareFlush.ts'
import { preparePrune } from './preparePrune.ts'
import { prepareReads } from './prepareReads.ts'
import { prepareRestore } from './prepareRestore.ts'
import { prepareTransact } from './prepareTransact.ts'
import { retryWhileBusy } from './retryWhileBusy.ts'
import { resultCodeOf, type SqliteDatabase, type SqliteDriver } from './sqliteDriver.ts'
import { assertNotDeleted, watchFile } from './watchFile.ts'
import { writeProblem } from './writeProblem.ts'

/** The options of `sqliteLedger`. */
export interface SqliteLedgerOptions extends LedgerOptions {
  /**
   * The SQLite library. The default is `node:sqlite` on Node 22.13 or newer, and `libsql` on older versions.
   *
   * If the app opens the same file in the same process, choose the library that the app uses. Within a
   * process, two libraries don't see each other's locks, so transactions can be lost.
   */
  driver?: SqliteDriver
  /** A clock for tests that control time. The default is the system clock. */
  clock?: Pick<Clock, 'now'>
}

/**
 * Creates a ledger in a SQLite file (or `:memory:`). The ledger opens or creates the file on first use. The
 * file's folder must exist. The ledger's tables have the prefix `metered_`. The app can keep its own tables in
 * the same file if the app and the ledger use the same `driver`. Several processes can open the file.
 *
 * @param file The file's path. A relative path is resolved against the working directory at the time of the
 * call.
 */
export function sqliteLedger(file: string, options: SqliteLedgerOptions = {}): Ledger {
  const { clock = systemClock, driver, ...rest } = options
  const settings = settingsOf(rest)
  // The path may come from an environment variable that isn't set during a build.
  if (!file && !isNextBuild()) {
    throw new TypeError('sqliteLedger needs a file path, such as billing.db. The path is missing.')
  }
  if (/^([a-z]+:\/\/|file:)/i.test(file)) {
    throw new TypeError('sqliteLedger needs a file path, such as billing.db, not a URL.')
  }
  return createLedger(createStore({ file, driver, clock, settings }), settings)
}

interface Setup {
  file: string
  driver: SqliteDriver | undefined
  clock: Pick<Clock, 'now'>
  settings: LedgerSettings
}

/** How long to keep trying to open a file that another process has locked. */
const openingMs = 5_000

function createStore({ file, driver, clock, settings }: Setup): Store {
  const inMemory = file === ':memory:'
  const path = inMemory ? file : resolve(file ?? '')
  let db: SqliteDatabase | null = null
  return {
    address: inMemory ? `${file} ${randomUUID()}` : path,
    isTransient,
    writeProblem: (error) => (inMemory ? null : writeProblem(path, error)),
    async open() {
      // Don't replace a missing file with an empty ledger: an empty ledger has no record of earlier charges
      // and keys.
      if (db && !inMemory) assertNotDeleted(path)
      let opened: SqliteDatabase
      try {
        opened = await retryWhileBusy(() => openDatabase(path, driver), { waitMs: openingMs })
      } catch (error) {
        throw explainOpenError(path, error)
      }
      const earlier = db
      db = opened
      // Don't close the earlier connection immediately, because a read may just have received it. The read
      // ends before this callback runs.
      if (earlier) setImmediate(() => earlier.close())
      return openStore(opened, { clock, settings, assertSameFile: inMemory ? () => {} : watchFile(path) })
    },
    async close() {
      if (db) moveLogIntoFile(db)
      db?.close()
      db = null
    },
  }
}

function openStore(
  db: SqliteDatabase,
  { clock, settings, assertSameFile }: Omit<Setup, 'file' | 'driver'> & { assertSameFile: () => void },
): OpenStore {
  const prune = preparePrune(db, settings)
  const watch = createClockWatch()
  const flush = prepareFlush(db)
  const recent = new RecentCustomers(settings.recentCustomers)
  const transact = prepareTransact(db, {
    recent,
    flush,
    now: () => watch.note(clock.now()),
    isTransient,
    settings,
  })
  const restore = prepareRestore(db, () => clock.now())
  const addDenials = prepareDenials(db, () => clock.now())
  return {
    ...prepareReads(db, () => clock.now(), { watch, retention: settings }),
    transact: async (commands) => {
      assertSameFile()
      return transact(commands)
    },
    ...prepareAlerts(db, () => clock.now()),
    lastCommitted: (customer, since) => recent.lastCommitted(customer, since),
    lostConnections: () => 0,
    markRestored: async (author) => {
      recent.clear()
      flush(true)
      restore.markRestored(author)
    },
    markRecovered: async () => void restore.markRecovered(),
    countDenials: async (denials) => {
      assertSameFile()
      // A flush would delay calls, and losing the last counts does little harm.
      flush(false)
      addDenials(denials)
    },
    prune: async () => {
      recent.clear()
      return inTransaction(db, () => prune(clock.now(), settings.pruneRows))
    },
  }
}

/**
 * Moves the commits in the `-wal` file into the ledger's file, so that a copy of the file is complete. SQLite
 * itself moves these commits when the last connection closes, but libsql keeps a connection open until its
 * statements are garbage-collected. Does nothing while another process uses the file.
 */
function moveLogIntoFile(db: SqliteDatabase): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // If the checkpoint fails, for example because the disk is full, the commits stay in the `-wal` file.
  }
}

/** SQLite's primary result codes for errors after which a retry can succeed, such as a busy file or a full disk. */
const transientCodes: (number | null)[] = [
  5, // BUSY
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  9, // INTERRUPT
  10, // IOERR
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
]

const isTransient = (error: unknown) => transientCodes.includes(resultCodeOf(error))
