import { pauseAfter } from '../alertDelivery.ts'
import type { AlertStore } from '../store.ts'
import { inTransaction } from './inTransaction.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Prepares the writes that record an alert's deliveries. */
export function prepareAlerts(db: SqliteDatabase, now: () => number): AlertStore {
  const defer = db.prepare(
    `UPDATE metered_alert SET deliver_at = ?, deliveries = deliveries + 1
     WHERE customer = ? AND id = ? AND deliver_at = ?`,
  )
  const finish = db.prepare('UPDATE metered_alert SET deliver_at = NULL WHERE customer = ? AND id = ?')
  return {
    takeAlert: async (alert) =>
      inTransaction(db, () => {
        const { customer, id, deliverAt } = alert
        return Number(defer.run(now() + pauseAfter(alert), customer, id, deliverAt).changes) === 1
      }),
    finishAlert: async ({ customer, id }) => inTransaction(db, () => void finish.run(customer, id)),
  }
}
