import { restoredToken } from '../../core/restored.ts'
import { restoredVersionStep } from '../restoreState.ts'
import { inTransaction } from './inTransaction.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Returns the functions that record a restore and its end. */
export function prepareRestore(db: SqliteDatabase, now: () => number) {
  // A recovery that hasn't ended continues: usage that it has recovered doesn't prove that the recovery is complete.
  const markLedger = db.prepare(
    `UPDATE metered_ledger SET recovered_at = NULL,
       restored_at = CASE WHEN restored_at IS NOT NULL AND recovered_at IS NULL THEN restored_at ELSE ? END`,
  )
  const markCustomers = db.prepare(
    `UPDATE metered_customer SET
       version = version + ?, lease_token = NULL, lease = NULL,
       installed_token = CASE WHEN fetched_at IS NULL THEN installed_token ELSE ? END`,
  )
  const markRecovered = db.prepare('UPDATE metered_ledger SET recovered_at = ? WHERE restored_at IS NOT NULL')
  return {
    markRestored: () =>
      inTransaction(db, () => {
        markLedger.run(now())
        markCustomers.run(restoredVersionStep, restoredToken)
      }),
    markRecovered: () => inTransaction(db, () => markRecovered.run(now())),
  }
}
