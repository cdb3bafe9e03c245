import { z } from 'zod'
import { pauseAfter } from '../alertDelivery.ts'
import type { AlertStore } from '../store.ts'
import { bucketOf } from './bucketOf.ts'
import { databaseTime } from './databaseTime.ts'
import type { PostgresResult } from './postgresPool.ts'
import type { PostgresTransaction } from './transaction.ts'

const taken = z.object({ rows: z.array(z.unknown()) })

/** The writes that record an alert's deliveries. Each write is one statement in its own transaction. */
export function alertWrites(
  run: <T>(work: (transaction: PostgresTransaction) => Promise<T>) => Promise<T>,
  givenTime: () => number | null,
): AlertStore {
  const write = (sql: string, values: unknown[]) =>
    run(async (transaction): Promise<PostgresResult> => {
      await transaction.begin()
      const result = await transaction.query(sql, values)
      await transaction.commit()
      return result
    })
  return {
    takeAlert: async (alert) => {
      const { customer, id, deliverAt } = alert
      const result = await write(
        `UPDATE metered.alert SET deliver_at = ${databaseTime('$1')} + $2::bigint, deliveries = deliveries + 1
         WHERE bucket = $3 AND customer = $4 AND id = $5 AND deliver_at = $6 RETURNING id`,
        [givenTime(), pauseAfter(alert), bucketOf(customer), customer, id, deliverAt],
      )
      return taken.parse(result).rows.length === 1
    },
    finishAlert: async ({ customer, id }) => {
      await write(
        'UPDATE metered.alert SET deliver_at = NULL WHERE bucket = $1 AND customer = $2 AND id = $3',
        [bucketOf(customer), customer, id],
      )
    },
  }
}
