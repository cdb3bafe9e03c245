import { restoredToken } from '../../core/restored.ts'
import { restoreTimes } from '../../core/rows.ts'
import type { ActAuthor } from '../../reads.ts'
import { restoredAct, restoredVersionStep } from '../restoreState.ts'
import { inTransaction } from './inTransaction.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Returns functions that record a restore and the end of the recovery. */
export function prepareRestore(db: SqliteDatabase, now: () => number) {
  // If the recovery from an earlier restore hasn't ended, keep the time of the earlier restore. With a later time,
  // the recovery would mistake the events that it has added for events from the backup, and stop too early.
  const markLedger = db.prepare(
    `UPDATE metered_ledger SET recovered_at = NULL,
       restored_at = CASE WHEN restored_at IS NOT NULL AND recovered_at IS NULL THEN restored_at ELSE ? END`,
  )
  const markCustomers = db.prepare(
    `UPDATE metered_customer SET
       version = version + ?, lease_token = NULL, lease = NULL,
       installed_token = CASE WHEN fetched_at IS NULL THEN installed_token ELSE ? END`,
  )
  const times = db.prepare(
    'SELECT restored_at AS "restoredAt", recovered_at AS "recoveredAt" FROM metered_ledger',
  )
  // Parse the row, because libsql adds a property to each row that `get` returns.
  const readTimes = () => restoreTimes.parse(times.get())
  const addAct = db.prepare(
    'INSERT INTO metered_ledger_act (id, at, "by", reason, act, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const markRecovered = db.prepare('UPDATE metered_ledger SET recovered_at = ? WHERE restored_at IS NOT NULL')
  return {
    markRestored: (author?: ActAuthor) =>
      inTransaction(db, () => {
        const time = now()
        const before = readTimes()
        markLedger.run(time)
        markCustomers.run(restoredVersionStep, restoredToken)
        if (!author) return
        const { id, by, reason } = author
        addAct.run(id, time, by, reason, restoredAct, JSON.stringify(before), JSON.stringify(readTimes()))
      }),
    markRecovered: () => inTransaction(db, () => markRecovered.run(now())),
  }
}
