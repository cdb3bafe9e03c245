import type { DenialCount } from '../../ledger.ts'
import { hourMs } from '../denialHours.ts'
import { databaseTime } from './databaseTime.ts'
import type { PostgresTransaction } from './transaction.ts'

/** Adds denials to their counts. The statement writes the rows in order, so that two nodes can't deadlock. */
export async function addDenials(
  transaction: PostgresTransaction,
  givenTime: number | null,
  denials: DenialCount[],
): Promise<void> {
  await transaction.begin()
  await transaction.query(
    `INSERT INTO metered.denial AS d
       (customer, hour, procedure, code, meter, feature, count, first_at, last_at, required, available)
     SELECT it.customer, (now - it."lastMsAgo") / ${hourMs} * ${hourMs}, it.procedure, it.code,
       coalesce(it.meter, ''), coalesce(it.feature, ''), it.count,
       now - it."firstMsAgo", now - it."lastMsAgo", it.required, it.available
     FROM (SELECT ${databaseTime('$1')} AS now OFFSET 0) clock, jsonb_to_recordset($2::jsonb) AS it
       (customer text, procedure text, code text, meter text, feature text, count bigint,
        "firstMsAgo" bigint, "lastMsAgo" bigint, required bigint, available bigint)
     ORDER BY 1, 2, 3, 4, 5, 6
     ON CONFLICT (customer, hour, procedure, code, meter, feature) DO UPDATE SET
       count = d.count + excluded.count,
       required = CASE WHEN excluded.last_at >= d.last_at THEN excluded.required ELSE d.required END,
       available = CASE WHEN excluded.last_at >= d.last_at THEN excluded.available ELSE d.available END,
       first_at = least(d.first_at, excluded.first_at),
       last_at = greatest(d.last_at, excluded.last_at)`,
    [givenTime, JSON.stringify(denials)],
  )
  await transaction.commit()
}
