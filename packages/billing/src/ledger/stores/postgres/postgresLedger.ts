import type { Pool } from 'pg'
import type { Clock } from '../../../config/clock.ts'
import { decide } from '../../core/decide.ts'
import { needsOf } from '../../core/needs.ts'
import { createLedger } from '../../createLedger.ts'
import type { Ledger } from '../../ledger.ts'
import { type LedgerOptions, ledgerDefaults } from '../../ledgerOptions.ts'
import { createReads } from './createReads.ts'
import { loadCustomers, lockCustomers } from './loadCustomers.ts'
import { migrate } from './migrate.ts'
import { pruneRows } from './pruneRows.ts'
import { ConnectionLostError, inTransaction, isTransient } from './transaction.ts'
import { writeRows } from './writeRows.ts'

/**
 * Opens a ledger in the PostgreSQL schema `metered`. Any number of nodes can share it. Missing migrations run
 * before the first command.
 *
 * @param pool `close` doesn't end the pool. If the pool has no `connectionTimeoutMillis`, the ledger sets it
 * to `silentAfterMs`. The ledger also adds error listeners to the pool's connections.
 * @param options.clock Replaces the database's time in tests.
 */
export function postgresLedger(
  pool: Pool,
  options: LedgerOptions & { clock?: Pick<Clock, 'now'> } = {},
): Ledger {
  const { clock, ...rest } = options
  const givenTime = () => clock?.now() ?? null
  const settings = { ...ledgerDefaults, ...rest }
  prepare(pool, settings.silentAfterMs)

  let migrated: Promise<void> | null = null
  const ready = (): Promise<void> => {
    migrated ??= migrate(pool, settings.silentAfterMs).catch((error: unknown) => {
      migrated = null
      throw error
    })
    return withDeadline(migrated, settings.silentAfterMs)
  }
  // Start the migration now instead of at the first call. If the migration fails, the first call retries it.
  ready().catch(() => {})

  return createLedger(
    {
      ...createReads(pool, ready, givenTime, Math.min(settings.transactionTimeoutMs, settings.silentAfterMs)),
      transact: async (commands) => {
        await ready()
        const needs = needsOf(commands)
        return inTransaction(pool, settings, async (client) => {
          await lockCustomers(client, needs.customers)
          const { loaded, now } = await loadCustomers(client, needs, givenTime(), settings)
          const { answers, writes } = decide({ loaded, commands, now, settings })
          await writeRows(client, writes)
          return answers
        })
      },
      isTransient,
      prune: async () => {
        await ready()
        return inTransaction(pool, settings, (client) => pruneRows(client, givenTime(), settings.pruneRows))
      },
      close: async () => {
        await migrated?.catch(() => {})
      },
    },
    settings,
  )
}

/** Rejects after the deadline, so that calls don't wait for a long migration. The migration continues. */
async function withDeadline(migrated: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ConnectionLostError('The ledger’s tables are not ready yet')),
      deadlineMs,
    )
  })
  try {
    await Promise.race([migrated, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

const prepared = new WeakSet<Pool>()

/**
 * Protects the process from broken connections. Without a listener, a connection's error event ends the
 * process, even if the connection is idle or closing. Without a connect timeout, an unreachable host leaks a
 * pool slot per attempt.
 */
function prepare(pool: Pool, connectTimeoutMs: number): void {
  pool.options.connectionTimeoutMillis ||= connectTimeoutMs
  if (prepared.has(pool)) return
  prepared.add(pool)
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
}
