import { z } from 'zod'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { hourRetentionMs } from '../denialHours.ts'
import { databaseTime } from './databaseTime.ts'
import { plannerSettings } from './storedFunction.ts'
import type { PostgresTransaction } from './transaction.ts'

const now = `(SELECT ${databaseTime('$1')})`
const candidates = z.array(z.object({ customer: z.string() }))
const removed = z.object({ rowCount: z.number() })

/**
 * Removes rows whose retention period has ended, up to `rows` rows per table. Returns whether more such rows
 * might remain.
 */
export async function pruneRows(
  transaction: PostgresTransaction,
  givenTime: number | null,
  settings: Pick<LedgerSettings, 'pruneRows' | 'denialRetentionMs'>,
): Promise<boolean> {
  const { pruneRows: rows } = settings
  const due = (table: string) =>
    `(SELECT customer FROM metered.${table} WHERE prune_at <= ${now} ORDER BY prune_at LIMIT $2)`
  await transaction.begin(...plannerSettings.map((it) => `SET LOCAL ${it}`))
  // Skip rows that another node removes. Batches don't lock these rows, so this can't deadlock with a batch.
  const denials = removed.parse(
    await transaction.query(
      `DELETE FROM metered.denial WHERE ctid = ANY (ARRAY (
         SELECT ctid FROM metered.denial WHERE hour <= ${now} - $3::bigint ORDER BY hour LIMIT $2 FOR UPDATE SKIP LOCKED
       ))`,
      [givenTime, rows, hourRetentionMs(settings)],
    ),
  )
  const found = await transaction.query(`${due('key')} UNION ${due('hold')} UNION ${due('event')}`, [
    givenTime,
    rows,
  ])
  const customers = candidates.parse(found.rows).map((row) => row.customer)
  if (customers.length === 0) {
    await (denials.rowCount > 0 ? transaction.commit() : transaction.rollback())
    return denials.rowCount === rows
  }
  // Lock the customers first, in the same order as batches do, so that pruning and batches can't deadlock.
  await transaction.query(
    'SELECT customer FROM metered.customer WHERE customer = ANY ($1) ORDER BY customer FOR UPDATE',
    [customers],
  )
  const remove = async (table: string, returning: string) =>
    transaction.query(
      `DELETE FROM metered.${table} WHERE ctid = ANY (ARRAY (
         SELECT ctid FROM metered.${table} WHERE prune_at <= ${now} AND customer = ANY ($3) ORDER BY prune_at LIMIT $2
       )) RETURNING ${returning}`,
      [givenTime, rows, customers],
    )
  const keys = await remove('key', 'customer, result_bytes')
  const holds = await remove('hold', 'customer')
  const events = await remove('event', 'customer')
  await transaction.query(
    `UPDATE metered.customer c SET result_bytes = c.result_bytes - it.bytes, version = c.version + 1
     FROM (SELECT customer, sum(result_bytes::bigint) AS bytes
           FROM jsonb_to_recordset($1::jsonb) AS r (customer text, result_bytes text) GROUP BY customer) it
     WHERE c.customer = it.customer AND it.bytes > 0`,
    [JSON.stringify(keys.rows)],
  )
  await transaction.commit()
  return [keys, holds, events, denials].some((it) => removed.parse(it).rowCount === rows)
}
