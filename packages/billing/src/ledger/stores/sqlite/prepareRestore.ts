import { restoredToken } from '../../core/restored.ts'
import { restoredVersionStep } from '../restoreState.ts'
import { inTransaction } from './inTransaction.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Returns the functions that record a restore and its end. */
export function prepareRestore(db: SqliteDatabase, now: () => number) {
  const markLedger = db.prepare('UPDATE metered_ledger SET restored_at = ?, recovered_at = NULL')
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
