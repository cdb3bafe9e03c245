import type { Pool } from 'pg'
import type { Clock } from '../../clock.ts'
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
 * pool stays the caller's and is not ended by `close`. Time is the database's, unless a `clock` is given (for tests that move time).
 */
export function postgresLedger(pool: Pool, options: LedgerOptions & { clock?: Clock } = {}): Ledger {
  const { clock, ...rest } = options
  const givenTime = () => clock?.now() ?? null
  const settings = { ...ledgerDefaults, ...rest }
  hearErrors(pool)

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
      ...createReads(pool, ready, givenTime),
      transact: async (commands) => {
        await ready()
        const needs = needsOf(commands)
        return inTransaction(pool, async (client) => {
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
        return inTransaction(pool, (client) => pruneRows(client, givenTime(), settings.pruneRows))
      },
      close: async () => {
        await migrated?.catch(() => {})
      },
    },
    settings,
  )
}

const heard = new WeakSet<Pool>()

/**
 * The query that waits for a broken connection fails, and the pool replaces it; unheard, its error event would end the process, whether
 * it is idle, at work or being closed.
 */
function hearErrors(pool: Pool): void {
  if (heard.has(pool)) return
  heard.add(pool)
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
}
