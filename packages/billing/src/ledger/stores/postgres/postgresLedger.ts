import type { Pool } from 'pg'
import type { Clock } from '../../../config/clock.ts'
import { decide } from '../../core/decide.ts'
import { needsOf } from '../../core/needs.ts'
import { createLedger } from '../../createLedger.ts'
import type { Ledger } from '../../ledger.ts'
import { type LedgerOptions, ledgerDefaults } from '../../ledgerOptions.ts'
import { loadCustomers, lockCustomers } from './loadCustomers.ts'
import { migrate } from './migrate.ts'
import { pruneRows } from './pruneRows.ts'
import { createReads } from './reads.ts'
import { ConnectionLostError, inTransaction, isTransient } from './transaction.ts'
import { writeRows } from './writeRows.ts'

/**
 * The ledger in PostgreSQL's schema `metered`, shared by any number of nodes. It is brought up to date before the first command; the
 * pool stays the caller's and is not ended by `close`. A pool without `connectionTimeoutMillis` is given one (`silentAfterMs`), for all who use it, and
 * from then on errors of its connections are heard. Time is the database's, unless a `clock` is given (for tests that move time).
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
  // At start rather than at the first call; whoever comes first tries again if it fails.
  ready().catch(() => {})

  return createLedger(
    {
      ...createReads(pool, ready, givenTime, Math.min(5_000, settings.silentAfterMs)),
      transact: async (commands) => {
        await ready()
        const needs = needsOf(commands)
        return inTransaction(pool, settings.silentAfterMs, async (client) => {
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
        return inTransaction(pool, settings.silentAfterMs, (client) =>
          pruneRows(client, givenTime(), settings.pruneRows),
        )
      },
      close: async () => {
        await migrated?.catch(() => {})
      },
    },
    settings,
  )
}

/** Whoever calls while the tables are brought up to date is not kept waiting for that. */
async function withDeadline(migrated: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionLostError('The tables are not ready')), deadlineMs)
  })
  try {
    await Promise.race([migrated, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

const heard = new WeakSet<Pool>()

/**
 * The query that waits for a broken connection fails, and the pool replaces it; unheard, its error event would end the process, whether
 * it is idle, at work or being closed. A pool without patience of its own would wait for ever for a host that does not answer, and lose a
 * place with each wait.
 */
function prepare(pool: Pool, patienceMs: number): void {
  pool.options.connectionTimeoutMillis ||= patienceMs
  if (heard.has(pool)) return
  heard.add(pool)
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
}
