import { z } from 'zod'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { hourRetentionMs } from '../denialHours.ts'
import { column, tables } from '../tables.ts'
import type { BatchBy } from './batchBy.ts'
import { databaseTime } from './databaseTime.ts'
import type { PostgresPool } from './postgresPool.ts'
import { inTransaction, type PostgresTransaction } from './transaction.ts'

const now = `(SELECT ${databaseTime('$1')})`

const pruned = ['key', 'hold', 'event', 'denial', 'alert'] as const
type Pruned = (typeof pruned)[number]

/** The types of the primary keys' columns that aren't text. */
const types: Record<string, string> = { bucket: 'smallint', hour: 'bigint' }

/** The primary key of a row to remove. */
const dueRow = z.looseObject({ bucket: z.coerce.number(), customer: z.string() })
type DueRow = z.output<typeof dueRow>
type DueRows = Record<Pruned, DueRow[]>

/** The times that determine which rows are due. `givenTime` replaces the database's time in tests. */
interface Times {
  givenTime: number | null
  hourRetentionMs: number
  alertRetentionMs: number
}

/**
 * Removes rows whose retention period has ended, up to `settings.pruneRows` rows per table. Returns whether more such
 * rows might remain.
 */
export async function pruneRows(
  pool: PostgresPool,
  { settings, givenTime, batchBy }: { settings: LedgerSettings; givenTime: number | null; batchBy: BatchBy },
): Promise<boolean> {
  const { alertRetentionMs } = settings
  const times = { givenTime, hourRetentionMs: hourRetentionMs(settings), alertRetentionMs }
  const due = await inTransaction(pool, settings, (transaction) =>
    findDue(transaction, times, settings.pruneRows),
  )
  for (const rows of batchBy === 'bucket' ? byBucket(due) : [due]) {
    if (pruned.every((table) => rows[table].length === 0)) continue
    await inTransaction(pool, settings, (transaction) => remove(transaction, times, rows))
  }
  return pruned.some((table) => due[table].length === settings.pruneRows)
}

const keyOf = (table: Pruned): string[] => ['bucket', ...tables[table].key]

/** Returns the column whose time determines whether a row is due, and the SQL condition that the row is due. */
const dueBy = (table: Pruned, times: Times) => {
  switch (table) {
    case 'denial':
      return { time: 'hour', isDue: `hour <= ${now} - ${times.hourRetentionMs}` }
    case 'alert':
      return { time: 'at', isDue: `at <= ${now} - ${times.alertRetentionMs}` }
    default:
      return { time: 'prune_at', isDue: `prune_at <= ${now}` }
  }
}

async function findDue(transaction: PostgresTransaction, times: Times, rows: number): Promise<DueRows> {
  const find = async (table: Pruned) => {
    const { time, isDue } = dueBy(table, times)
    const found = await transaction.query(
      `SELECT ${keyOf(table).map(column).join(', ')} FROM metered.${table} WHERE ${isDue} ORDER BY ${time} LIMIT $2`,
      [times.givenTime, rows],
    )
    return z.array(dueRow).parse(found.rows)
  }
  await transaction.begin()
  const due = {
    key: await find('key'),
    hold: await find('hold'),
    event: await find('event'),
    denial: await find('denial'),
    alert: await find('alert'),
  }
  await transaction.rollback()
  return due
}

function byBucket(due: DueRows): DueRows[] {
  const groups = new Map<number, DueRows>()
  for (const table of pruned) {
    for (const row of due[table]) {
      const group = groups.get(row.bucket) ?? { key: [], hold: [], event: [], denial: [], alert: [] }
      group[table].push(row)
      groups.set(row.bucket, group)
    }
  }
  return [...groups.values()]
}

/** Removes the rows, unless their retention period has changed since they were found. */
async function remove(transaction: PostgresTransaction, times: Times, due: DueRows): Promise<void> {
  await transaction.begin()
  const customers = new Map(pruned.flatMap((table) => due[table].map((row) => [row.customer, row.bucket])))
  // Lock the customers first, in the same order as batches do, so that pruning and batches can't deadlock.
  await transaction.query(
    `SELECT FROM unnest($1::smallint[], $2::text[]) r (bucket, customer)
       JOIN metered.customer t ON t.bucket = r.bucket AND t.customer = r.customer
     ORDER BY t.customer FOR UPDATE OF t`,
    [[...customers.values()], [...customers.keys()]],
  )
  const removeFrom = (table: Pruned, returning: string) => {
    const key = keyOf(table)
    const lists = key.map((it, index) => `$${index + 2}::${types[it] ?? 'text'}[]`)
    return transaction.query(
      `DELETE FROM metered.${table} t USING unnest(${lists.join(', ')}) r (${key.map(column).join(', ')})
       WHERE ${key.map((it) => `t.${column(it)} = r.${column(it)}`).join(' AND ')}
         AND t.${dueBy(table, times).isDue} RETURNING ${returning}`,
      [times.givenTime, ...key.map((it) => due[table].map((row) => row[it]))],
    )
  }
  const keys = await removeFrom('key', 't.bucket, t.customer, t.result_bytes')
  await removeFrom('hold', 't.customer')
  await removeFrom('event', 't.customer')
  await removeFrom('denial', 't.customer')
  await removeFrom('alert', 't.customer')
  await transaction.query(
    `UPDATE metered.customer c SET result_bytes = c.result_bytes - it.bytes, version = c.version + 1
     FROM (SELECT bucket, customer, sum(result_bytes::bigint) AS bytes
           FROM jsonb_to_recordset($1::jsonb) AS r (bucket smallint, customer text, result_bytes text)
           GROUP BY bucket, customer) it
     WHERE c.bucket = it.bucket AND c.customer = it.customer AND it.bytes > 0`,
    [JSON.stringify(keys.rows)],
  )
  await transaction.commit()
}
