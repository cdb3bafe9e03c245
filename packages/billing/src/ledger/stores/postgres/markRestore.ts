import { z } from 'zod'
import { restoredToken } from '../../core/restored.ts'
import type { ActAuthor } from '../../reads.ts'
import { restoredAct, restoredVersionStep } from '../restoreState.ts'
import type { BatchBy } from './batchBy.ts'
import { buckets } from './bucketOf.ts'
import { databaseTime } from './databaseTime.ts'
import type { PostgresTransaction } from './transaction.ts'

const timesOf = (row: string) =>
  `json_build_object('restoredAt', ${row}.restored_at, 'recoveredAt', ${row}.recovered_at)::text`
const changedTimes = z.tuple([z.object({ before: z.string(), after: z.string() })])

/**
 * Records that the ledger was restored from a backup. With `author`, also records the operator's act. With
 * `batchBy: 'bucket'`, each bucket has its own transaction. The last transaction marks the ledger. If the
 * process dies before this transaction, the next process starts from the first bucket. Marking a customer
 * twice does no harm.
 */
export async function markRestored(
  run: (work: (transaction: PostgresTransaction) => Promise<void>) => Promise<void>,
  {
    givenTime,
    batchBy,
    author,
  }: { givenTime: number | null; batchBy: BatchBy; author: ActAuthor | undefined },
): Promise<void> {
  if (batchBy === 'bucket') {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      await run(async (transaction) => {
        await transaction.begin()
        await markCustomers(transaction, `WHERE bucket = ${bucket}`)
        await transaction.commit()
      })
    }
  }
  await run(async (transaction) => {
    await transaction.begin()
    if (batchBy === 'any') await markCustomers(transaction, '')
    await markLedger(transaction, givenTime, author)
    await transaction.commit()
  })
}

async function markCustomers(transaction: PostgresTransaction, where: string): Promise<void> {
  // Lock the customers in the same order as batches do, so that this transaction and batches can't deadlock.
  await transaction.query(
    `SELECT count(*) FROM (SELECT customer FROM metered.customer ${where} ORDER BY customer FOR UPDATE) it`,
  )
  await transaction.query(
    `UPDATE metered.customer SET
       version = version + $1, lease_token = NULL, lease = NULL,
       installed_token = CASE WHEN fetched_at IS NULL THEN installed_token ELSE $2 END ${where}`,
    [restoredVersionStep, restoredToken],
  )
}

async function markLedger(
  transaction: PostgresTransaction,
  givenTime: number | null,
  author: ActAuthor | undefined,
): Promise<void> {
  // If the recovery from an earlier restore hasn't ended, keep the time of the earlier restore. With a later time,
  // the recovery would mistake the events that it has added for events from the backup, and stop too early.
  const { rows } = await transaction.query(
    `WITH before AS (SELECT id, restored_at, recovered_at FROM metered.ledger FOR UPDATE)
     UPDATE metered.ledger l SET recovered_at = NULL, restored_at = CASE
       WHEN l.restored_at IS NOT NULL AND l.recovered_at IS NULL THEN l.restored_at ELSE ${databaseTime('$1')} END
     FROM before WHERE before.id = l.id
     RETURNING ${timesOf('before')} AS before, ${timesOf('l')} AS after`,
    [givenTime],
  )
  if (!author) return
  const [{ before, after }] = changedTimes.parse(rows)
  const { id, by, reason } = author
  await transaction.query(
    `INSERT INTO metered.ledger_act (id, at, "by", reason, act, before, after)
     VALUES ($2, ${databaseTime('$1')}, $3, $4, $5, $6, $7)`,
    [givenTime, id, by, reason, restoredAct, before, after],
  )
}

/** Records that the ledger has recovered all lost events. */
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
