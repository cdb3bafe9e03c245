import { pauseAfter } from '../alertDelivery.ts'
import type { AlertStore } from '../store.ts'
import { inTransaction } from './inTransaction.ts'
import { retryWhileBusy } from './retryWhileBusy.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Prepares the writes that record an alert's deliveries. They wait while another process has locked the file. */
export function prepareAlerts(db: SqliteDatabase, now: () => number): AlertStore {
  const defer = db.prepare(
    `UPDATE metered_alert SET deliver_at = ?, deliveries = deliveries + 1
     WHERE customer = ? AND id = ? AND deliver_at = ?`,
  )
  const finish = db.prepare('UPDATE metered_alert SET deliver_at = NULL WHERE customer = ? AND id = ?')
  const write = <T>(work: () => T): Promise<T> => retryWhileBusy(() => inTransaction(db, work))
  return {
    takeAlert: (alert) =>
      write(() => {
        const { customer, id, deliverAt } = alert
        return Number(defer.run(now() + pauseAfter(alert), customer, id, deliverAt).changes) === 1
      }),
    finishAlert: ({ customer, id }) => write(() => void finish.run(customer, id)),
  }
}
