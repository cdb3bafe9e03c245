import type { DenialCount } from '../../reads.ts'
import { hourMs } from '../denialHours.ts'
import { inTransaction } from './inTransaction.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Returns a function that adds denials to their counts. */
export function prepareDenials(db: SqliteDatabase, now: () => number): (denials: DenialCount[]) => void {
  const add = db.prepare(
    `INSERT INTO metered_denial
       (customer, hour, procedure, code, meter, feature, count, first_at, last_at, required, available)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (customer, hour, procedure, code, meter, feature) DO UPDATE SET
       count = count + excluded.count,
       required = CASE WHEN excluded.last_at >= last_at THEN excluded.required ELSE required END,
       available = CASE WHEN excluded.last_at >= last_at THEN excluded.available ELSE available END,
       first_at = min(first_at, excluded.first_at),
       last_at = max(last_at, excluded.last_at)`,
  )
  return (denials) =>
    inTransaction(db, () => {
      const time = now()
      for (const it of denials) {
        const lastAt = time - it.lastMsAgo
        const hour = Math.floor(lastAt / hourMs) * hourMs
        const { customer, procedure, code, meter, feature, count, required, available } = it
        const firstAt = time - it.firstMsAgo
        add.run(
          ...[customer, hour, procedure, code, meter ?? '', feature ?? ''],
          ...[count, firstAt, lastAt, required, available],
        )
      }
    })
}
