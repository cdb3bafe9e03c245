import type { Answer } from '../../answers.ts'
import type { Command } from '../../commands.ts'
import { decide } from '../../core/decide.ts'
import { mustFlush } from '../../core/mustFlush.ts'
import { needsOf } from '../../core/needs.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import type { RecentCustomers } from '../recentCustomers.ts'
import { inTransaction } from './inTransaction.ts'
import { prepareLoad } from './prepareLoad.ts'
import { prepareProof } from './prepareProof.ts'
import { prepareWrite } from './prepareWrite.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/**
 * Returns a function that runs a batch in one transaction. Loads only rows that this process doesn't already
 * know.
 *
 * @throws SQLite's error if the batch fails. `isTransient` returns whether running the batch again can
 * succeed.
 */
export function prepareTransact(
  db: SqliteDatabase,
  {
    recent,
    flush,
    now,
    isTransient,
    settings,
  }: {
    recent: RecentCustomers
    flush: (flushes: boolean) => void
    now: () => number
    isTransient: (error: unknown) => boolean
    settings: LedgerSettings
  },
): (commands: readonly Command[]) => Answer[] {
  const prove = prepareProof(db, recent)
  const load = prepareLoad(db, settings)
  const write = prepareWrite(db)

  return function transact(commands) {
    const startedAt = performance.now()
    let usesKnownRows = false
    flush(commands.some(mustFlush))
    try {
      const { answers, keep } = inTransaction(db, () => {
        const time = now()
        const { known, provenAt } = prove(commands, time)
        usesKnownRows = known.size > 0
        const loaded = load(needsOf(commands, known), known, time)
        const { answers, writes } = decide({ loaded, commands, now: time, settings })
        write(writes)
        return { answers, keep: () => recent.keep(loaded, { provenAt, now: time, startedAt }) }
      })
      keep()
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
