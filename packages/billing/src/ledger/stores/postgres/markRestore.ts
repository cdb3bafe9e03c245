import { restoredToken } from '../../core/restored.ts'
import { restoredVersionStep } from '../restoreState.ts'
import { databaseTime } from './databaseTime.ts'
import type { PostgresTransaction } from './transaction.ts'

/** Records that the ledger was restored from a backup. */
export async function markRestored(
  transaction: PostgresTransaction,
  givenTime: number | null,
): Promise<void> {
  await transaction.begin()
  // Lock the customers in the same order as batches do, so that this transaction and batches can't deadlock.
  await transaction.query(
    'SELECT count(*) FROM (SELECT customer FROM metered.customer ORDER BY customer FOR UPDATE) it',
  )
  await transaction.query(
    `UPDATE metered.customer SET
       version = version + $1, lease_token = NULL, lease = NULL,
       installed_token = CASE WHEN fetched_at IS NULL THEN installed_token ELSE $2 END`,
    [restoredVersionStep, restoredToken],
  )
  // A recovery that hasn't ended continues: usage that it has recovered doesn't prove that the recovery is complete.
  await transaction.query(
    `UPDATE metered.ledger SET recovered_at = NULL, restored_at = CASE
       WHEN restored_at IS NOT NULL AND recovered_at IS NULL THEN restored_at ELSE ${databaseTime('$1')} END`,
    [givenTime],
  )
  await transaction.commit()
}

/** Records that the ledger has recovered all events that Flowglad has. */
export async function markRecovered(
  transaction: PostgresTransaction,
  givenTime: number | null,
): Promise<void> {
  await transaction.begin()
  await transaction.query(
    `UPDATE metered.ledger SET recovered_at = ${databaseTime('$1')} WHERE restored_at IS NOT NULL`,
    [givenTime],
  )
  await transaction.commit()
}
