import { z } from 'zod'
import type { Command } from '../../commands.ts'
import type { LoadedCustomer } from '../../core/loadedCustomer.ts'
import { customersOf } from '../../core/needs.ts'
import { isComplete, type RecentCustomers } from '../recentCustomers.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

const dataVersion = z.object({ data_version: z.number() })
const writtenRow = z.object({ customer: z.string(), version: z.number(), time: z.number() })

/**
 * Returns a function that takes the known rows of the batch's customers, and returns the rows that no other connection
 * has changed. Call the function inside the write transaction, so that the rows can't change afterward.
 *
 * SQLite's `data_version` changes when another connection commits. If `data_version` hasn't changed, all
 * known rows are current. Otherwise, a customer's rows are current if the customer's row still has the same
 * version and time.
 */
export function prepareProof(db: SqliteDatabase, recent: RecentCustomers) {
  const readDataVersion = db.prepare('PRAGMA data_version')
  const readWritten = db.prepare(
    `SELECT t.customer, t.version, t.time FROM json_each(?) j
     CROSS JOIN metered_customer t ON t.customer = j.value`,
  )
  return (commands: readonly Command[], now: number) => {
    const { data_version: provenAt } = dataVersion.parse(readDataVersion.get())
    const taken = recent.take(customersOf(commands))
    const known = new Map<string, LoadedCustomer>()
    const unproven: string[] = []
    for (const [customer, it] of taken) {
      if (!isComplete(it.rows, now)) continue
      if (it.provenAt === provenAt) known.set(customer, it.rows)
      else unproven.push(customer)
    }
    if (unproven.length > 0) {
      for (const row of z.array(writtenRow).parse(readWritten.all(JSON.stringify(unproven)))) {
        const rows = taken.get(row.customer)?.rows
        if (rows?.row?.version === row.version && rows.row.time === row.time) known.set(row.customer, rows)
      }
    }
    return { known, provenAt }
  }
}
