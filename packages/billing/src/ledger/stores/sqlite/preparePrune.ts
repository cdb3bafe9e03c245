import { z } from 'zod'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { hourRetentionMs } from '../denialHours.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

const prunedKey = z.object({ customer: z.string(), bytes: z.number() })

/**
 * Returns a function that removes rows whose retention period has ended, up to `rows` rows per table. The
 * function returns whether more such rows might remain. Call the function inside a write transaction.
 */
export function preparePrune(db: SqliteDatabase, settings: LedgerSettings) {
  const remove = (name: string, key: string) =>
    db.prepare(
      `DELETE FROM metered_${name} WHERE (${key}) IN (SELECT ${key} FROM metered_${name} WHERE prune_at <= ? LIMIT ?)`,
    )
  const holds = remove('hold', 'customer, attempt')
  const events = remove('event', 'customer, attempt, meter')
  const bytesByCustomer = db.prepare(
    `SELECT customer, sum(result_bytes) AS bytes
     FROM (SELECT customer, result_bytes FROM metered_key WHERE prune_at <= ? ORDER BY prune_at, customer, procedure, key LIMIT ?)
     GROUP BY customer`,
  )
  const keys = db.prepare(
    `DELETE FROM metered_key WHERE (customer, procedure, key) IN
       (SELECT customer, procedure, key FROM metered_key WHERE prune_at <= ? ORDER BY prune_at, customer, procedure, key LIMIT ?)`,
  )
  const subtractBytes = db.prepare(
    'UPDATE metered_customer SET result_bytes = result_bytes - ?, version = version + 1 WHERE customer = ?',
  )

  const denials = db.prepare(
    `DELETE FROM metered_denial WHERE (customer, hour, procedure, code, meter, feature) IN
       (SELECT customer, hour, procedure, code, meter, feature FROM metered_denial WHERE hour <= ? LIMIT ?)`,
  )

  const alerts = db.prepare(
    `DELETE FROM metered_alert WHERE (customer, id) IN
       (SELECT customer, id FROM metered_alert WHERE at <= ? LIMIT ?)`,
  )

  return (now: number, rows: number): boolean => {
    for (const { customer, bytes } of z.array(prunedKey).parse(bytesByCustomer.all(now, rows))) {
      if (bytes > 0) subtractBytes.run(bytes, customer)
    }
    const removed = [
      keys.run(now, rows),
      holds.run(now, rows),
      events.run(now, rows),
      denials.run(now - hourRetentionMs(settings), rows),
      alerts.run(now - settings.alertRetentionMs, rows),
    ]
    return removed.some((it) => it.changes === rows)
  }
}
