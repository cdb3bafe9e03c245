import { z } from 'zod'
import { restoredToken } from '../../core/restored.ts'
import type { ActAuthor } from '../../ledger.ts'
import { restoredAct, restoredVersionStep } from '../restoreState.ts'
import { databaseTime } from './databaseTime.ts'
import type { PostgresTransaction } from './transaction.ts'

const timesOf = (row: string) =>
  `json_build_object('restoredAt', ${row}.restored_at, 'recoveredAt', ${row}.recovered_at)::text`
const changedTimes = z.tuple([z.object({ before: z.string(), after: z.string() })])

/** Records that the ledger was restored from a backup, and the operator's act. */
export async function markRestored(
  transaction: PostgresTransaction,
  givenTime: number | null,
  author: ActAuthor | undefined,
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
  const { rows } = await transaction.query(
    `WITH before AS (SELECT id, restored_at, recovered_at FROM metered.ledger FOR UPDATE)
     UPDATE metered.ledger l SET recovered_at = NULL, restored_at = CASE
       WHEN l.restored_at IS NOT NULL AND l.recovered_at IS NULL THEN l.restored_at ELSE ${databaseTime('$1')} END
     FROM before WHERE before.id = l.id
     RETURNING ${timesOf('before')} AS before, ${timesOf('l')} AS after`,
    [givenTime],
  )
  if (author) {
    const [{ before, after }] = changedTimes.parse(rows)
    const { id, by, reason } = author
    await transaction.query(
      `INSERT INTO metered.ledger_act (id, at, "by", reason, act, before, after)
       VALUES ($2, ${databaseTime('$1')}, $3, $4, $5, $6, $7)`,
      [givenTime, id, by, reason, restoredAct, before, after],
    )
  }
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
