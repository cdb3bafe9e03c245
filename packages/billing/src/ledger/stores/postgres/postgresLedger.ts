import type { Pool } from 'pg'
import { decide } from '../../core/decide.ts'
import { needsOf } from '../../core/needs.ts'
import { createLedger } from '../../createLedger.ts'
import type { Ledger } from '../../ledger.ts'
import { type LedgerOptions, ledgerDefaults } from '../../ledgerOptions.ts'
import { loadCustomers, lockCustomers } from './loadCustomers.ts'
import { migrate } from './migrate.ts'
import { pruneRows } from './pruneRows.ts'
import { createReads } from './reads.ts'
import { inTransaction, isTransient } from './transaction.ts'
import { writeRows } from './writeRows.ts'

/**
 * The ledger in PostgreSQL's schema `metered`, shared by any number of nodes. It is brought up to date before the first command; the
 * pool stays the caller's and is not ended by `close`. Time is the database's.
 *
 * `clockOffsetMs` is added to the database's clock (for tests that move time).
 */
export function postgresLedger(
  pool: Pool,
  options: LedgerOptions & { clockOffsetMs?: () => number } = {},
): Ledger {
  const { clockOffsetMs = () => 0, ...rest } = options
  const settings = { ...ledgerDefaults, ...rest }
  // The query that waits for a broken connection fails, and the pool replaces it; unheard, its error event would end the process,
  // whether it is idle, at work or being closed.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  let migrated: Promise<void> | null = null
  const ready = (): Promise<void> => {
    migrated ??= migrate(pool).catch((error: unknown) => {
      migrated = null
      throw error
    })
    return migrated
  }
  // At start rather than at the first call; whoever comes first tries again if it fails.
  ready().catch(() => {})

  return createLedger(
    {
      ...createReads(pool, ready, clockOffsetMs),
      transact: async (commands) => {
        await ready()
        const needs = needsOf(commands)
        return inTransaction(pool, async (client) => {
          await lockCustomers(client, needs.customers)
          const { loaded, now } = await loadCustomers(client, needs, clockOffsetMs(), settings)
          const { answers, writes } = decide({ loaded, commands, now, settings })
          await writeRows(client, writes)
          return answers
        })
      },
      isTransient,
      prune: async () => {
        await ready()
        return inTransaction(pool, (client) => pruneRows(client, clockOffsetMs(), settings.pruneRows))
      },
      close: async () => {
        await migrated?.catch(() => {})
      },
    },
    settings,
  )
}
