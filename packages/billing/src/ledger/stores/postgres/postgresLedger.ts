import type { Clock } from '../../../config/clock.ts'
import { isNextBuild } from '../../../config/nextBuild.ts'
import { createLedger } from '../../createLedger.ts'
import type { Ledger } from '../../ledger.ts'
import { type LedgerOptions, type LedgerSettings, settingsOf } from '../../ledgerOptions.ts'
import { createClockWatch } from '../clockWatch.ts'
import { RecentCustomers } from '../recentCustomers.ts'
import type { OpenStore, Store } from '../store.ts'
import { addDenials } from './addDenials.ts'
import { alertWrites } from './alertWrites.ts'
import type { BatchBy } from './batchBy.ts'
import { bucketOf } from './bucketOf.ts'
import { createReads } from './createReads.ts'
import { lostConnections, watchPool } from './lostConnections.ts'
import { markRecovered, markRestored } from './markRestore.ts'
import { migrate } from './migrate.ts'
import { poolSource } from './poolSource.ts'
import type { PostgresPool } from './postgresPool.ts'
import { prepareTransact } from './prepareTransact.ts'
import { pruneRows } from './pruneRows.ts'
import { ConnectionLostError, inTransaction, isTransient } from './transaction.ts'
import { writeProblem } from './writeProblem.ts'

/** The options of `postgresLedger`. */
export interface PostgresLedgerOptions extends LedgerOptions {
  /**
   * With `bucket`, each transaction changes only customers of one bucket. A customer's bucket is a number from 0 to
   * 63, computed from the customer's ID. It is the first column of the primary keys. Use `bucket` for an engine that
   * distributes tables by this column, such as Citus, so that each transaction runs on one shard. With `any`, a
   * transaction can change any customers. On one PostgreSQL server, `any` is faster, even if the tables are
   * partitioned, because the batches are larger. Default: `any`.
   */
  batchBy?: BatchBy
  /** Replaces the database's clock in tests. */
  clock?: Pick<Clock, 'now'>
}

/**
 * Creates a ledger in the PostgreSQL schema `metered`. Any number of nodes can share the ledger. On first
 * use, the ledger connects and applies missing migrations.
 *
 * @param database A connection string or a node-postgres `Pool`. For a connection string, the ledger creates
 * a pool of 4 connections, and `close` ends it. `close` doesn't end a pool that the app passes. If that pool
 * has no `connectionTimeoutMillis`, the ledger sets it to `silentAfterMs`. The ledger also adds error
 * listeners to the pool's connections.
 */
export function postgresLedger(database: string | PostgresPool, options: PostgresLedgerOptions = {}): Ledger {
  // The connection string may come from an environment variable that isn't set during a build.
  if (!database && !isNextBuild()) {
    throw new TypeError(
      'postgresLedger needs a connection string or a Pool. The connection string is missing.',
    )
  }
  const { clock, batchBy = 'any', ...rest } = options
  const settings = settingsOf(rest)
  return createLedger(
    createStore(database, { givenTime: () => clock?.now() ?? null, settings, batchBy }),
    settings,
  )
}

interface StoreOptions {
  givenTime: () => number | null
  settings: LedgerSettings
  batchBy: BatchBy
}

function createStore(database: string | PostgresPool, options: StoreOptions): Store {
  const { settings, batchBy } = options
  const source = poolSource(database)
  let migrated: Promise<PostgresPool> | null = null
  const prepareAndMigrate = async () => {
    const pool = await source.pool()
    prepare(pool, settings.silentAfterMs)
    await migrate(pool, settings.silentAfterMs)
    return pool
  }
  return {
    address: source.address,
    isTransient,
    ...(batchBy === 'bucket' && { groupOf: bucketOf }),
    writeProblem,
    async open() {
      migrated ??= prepareAndMigrate().catch((error: unknown) => {
        migrated = null
        throw error
      })
      return openStore(await withDeadline(migrated, settings.silentAfterMs), options)
    },
    async close() {
      await migrated?.catch(() => {})
      await source.close()
    },
  }
}

function openStore(pool: PostgresPool, { givenTime, settings, batchBy }: StoreOptions): OpenStore {
  const watch = createClockWatch()
  const recent = new RecentCustomers(settings.recentCustomers)
  const readDeadlineMs = Math.min(settings.transactionTimeoutMs, settings.silentAfterMs)
  return {
    ...createReads(pool, givenTime, {
      watch,
      deadlineMs: readDeadlineMs,
      retention: settings,
    }),
    transact: prepareTransact(pool, {
      recent,
      givenTime,
      note: (time) => watch.note(time),
      settings,
      batchBy,
    }),
    ...alertWrites((work) => inTransaction(pool, settings, work), givenTime),
    lastCommitted: (customer, since) => recent.lastCommitted(customer, since),
    lostConnections: () => lostConnections(pool),
    markRestored: (author) => {
      recent.clear()
      return markRestored((work) => inTransaction(pool, patient(settings), work), {
        givenTime: givenTime(),
        batchBy,
        author,
      })
    },
    markRecovered: () =>
      inTransaction(pool, settings, (transaction) => markRecovered(transaction, givenTime())),
    countDenials: (denials) =>
      addDenials((work) => inTransaction(pool, settings, work), { givenTime: givenTime(), batchBy, denials }),
    prune: () => {
      recent.clear()
      return pruneRows(pool, { settings, givenTime: givenTime(), batchBy })
    },
  }
}

/** Rejects after the deadline, so that calls don't wait for a long migration. The migration continues. */
async function withDeadline<T>(migrated: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ConnectionLostError('The migration of the ledger’s tables hasn’t finished yet')),
      deadlineMs,
    )
  })
  try {
    return await Promise.race([migrated, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The settings for marking a restore. Marking changes every customer's row, so its timeouts are longer than
 * those of a batch.
 */
const patient = (settings: LedgerSettings) => ({
  transactionTimeoutMs: 600_000,
  silentAfterMs: Math.max(600_000, settings.silentAfterMs),
})

/**
 * Protects the process from broken connections. Without a connect timeout, an unreachable host leaks a pool slot
 * per attempt.
 */
function prepare(pool: PostgresPool, connectTimeoutMs: number): void {
  if (pool.options) pool.options.connectionTimeoutMillis ||= connectTimeoutMs
  watchPool(pool)
}
