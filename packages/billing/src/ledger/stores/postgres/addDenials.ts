import type { DenialCount } from '../../reads.ts'
import { hourMs } from '../denialHours.ts'
import type { BatchBy } from './batchBy.ts'
import { bucketOf } from './bucketOf.ts'
import { databaseTime } from './databaseTime.ts'
import type { PostgresTransaction } from './transaction.ts'

/**
 * Adds denials to their counts. The statement writes the rows in the order of their keys, so that two nodes
 * can't deadlock. With `batchBy: 'bucket'`, each bucket has its own transaction. If a transaction fails, the
 * denials of its bucket and of later buckets aren't added.
 */
export async function addDenials(
  run: (work: (transaction: PostgresTransaction) => Promise<void>) => Promise<void>,
  { givenTime, batchBy, denials }: { givenTime: number | null; batchBy: BatchBy; denials: DenialCount[] },
): Promise<void> {
  const rows = denials.map((denial) => ({ ...denial, bucket: bucketOf(denial.customer) }))
  const used = new Set(rows.map(({ bucket }) => bucket))
  const groups =
    batchBy === 'any' ? [rows] : [...used].map((bucket) => rows.filter((row) => row.bucket === bucket))
  for (const group of groups) {
    await run(async (transaction) => {
      await transaction.begin()
      await transaction.query(add, [givenTime, JSON.stringify(group)])
      await transaction.commit()
    })
  }
}

const add = `
  INSERT INTO metered.denial AS d
    (bucket, customer, hour, procedure, code, meter, feature, count, first_at, last_at, required, available)
  SELECT it.bucket, it.customer, (now - it."lastMsAgo") / ${hourMs} * ${hourMs}, it.procedure, it.code,
    coalesce(it.meter, ''), coalesce(it.feature, ''), it.count,
    now - it."firstMsAgo", now - it."lastMsAgo", it.required, it.available
  FROM (SELECT ${databaseTime('$1')} AS now OFFSET 0) clock, jsonb_to_recordset($2::jsonb) AS it
    (bucket smallint, customer text, procedure text, code text, meter text, feature text, count bigint,
     "firstMsAgo" bigint, "lastMsAgo" bigint, required bigint, available bigint)
  ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (bucket, customer, hour, procedure, code, meter, feature) DO UPDATE SET
    count = d.count + excluded.count,
    required = CASE WHEN excluded.last_at >= d.last_at THEN excluded.required ELSE d.required END,
    available = CASE WHEN excluded.last_at >= d.last_at THEN excluded.available ELSE d.available END,
    first_at = least(d.first_at, excluded.first_at),
    last_at = greatest(d.last_at, excluded.last_at)`
