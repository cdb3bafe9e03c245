import type { Answer } from '../../answers.ts'
import type { Command } from '../../commands.ts'
import { decide } from '../../core/decide.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import type { RecentCustomers } from '../recentCustomers.ts'
import type { BatchBy } from './batchBy.ts'
import { rememberBuckets } from './bucketOf.ts'
import { loadCustomers } from './loadCustomers.ts'
import type { PostgresPool } from './postgresPool.ts'
import { inTransaction, isTransient } from './transaction.ts'
import { writeRows } from './writeRows.ts'

/**
 * Returns a function that runs a batch in one transaction. Loads only rows that this node doesn't already know.
 * Rejects with PostgreSQL's error if the batch fails.
 */
export function prepareTransact(
  pool: PostgresPool,
  parts: {
    recent: RecentCustomers
    givenTime: () => number | null
    /** Remembers the database's time, and returns it. */
    note: (time: number) => number
    settings: LedgerSettings
    batchBy: BatchBy
  },
): (commands: Command[]) => Promise<Answer[]> {
  const { recent, givenTime, note, settings, batchBy } = parts
  return async function transact(commands) {
    const startedAt = performance.now()
    const bucketOf = rememberBuckets()
    let usesKnownRows = false
    try {
      const { answers, loaded, now } = await inTransaction(pool, settings, async (transaction) => {
        const batch = await loadCustomers(transaction, commands, {
          recent,
          now: givenTime(),
          settings,
          batchBy,
          bucketOf,
        })
        const { loaded, now } = batch
        usesKnownRows = batch.usesKnownRows
        const { answers, writes } = decide({ loaded, commands, now: note(now), settings })
        await writeRows(transaction, writes, { batchBy, bucketOf })
        return { answers, loaded, now }
      })
      recent.keep(loaded, { provenAt: now, now, startedAt })
      return answers
    } catch (error) {
      recent.clear()
      // Run the batch again with all rows loaded. The new run succeeds if the failure was caused by a wrong
      // assumption about rows that weren't loaded.
      if (usesKnownRows && !isTransient(error)) return transact(commands)
      throw error
    }
  }
}
