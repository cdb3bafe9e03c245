import type { Ledger } from '../ledger/ledger.ts'
import { refundTimes } from '../operator/refundTimes.ts'
import { allActs } from './allActs.ts'

/** The tables of an export. */
export type ExportedTable = 'charges' | 'acts'

export interface ExportQuery {
  customer: string | null
  /** If null, all tables are exported. */
  only: ExportedTable | null
}

/** A row of an export. `type` names the kind of row, such as `charge`. */
export type ExportedRow = { type: string } & Record<string, unknown>

/** The whole history. No ledger has usage on an earlier day. */
const allDays = { from: '1970-01-01', to: null }
/** A limit that exceeds every customer's number of alerts, so that all alerts are exported. */
const allAlerts = 10_000_000

/**
 * Yields the rows to export: each customer's charges, and then the acts, both oldest first. For a single
 * customer, the customer's other data comes first. `refundedAt` shows only refunds that exist when the export
 * starts. Leaves out idempotency keys and stored results.
 */
export async function* exportRows(ledger: Ledger, query: ExportQuery): AsyncGenerator<ExportedRow> {
  const { customer, only } = query
  if (customer !== null && only === null) yield* customerRows(ledger, customer)
  if (only !== 'acts') {
    const refundedAt = await refundTimes(ledger.acts({ customer }))
    for await (const charge of ledger.allCharges({ customer }))
      yield { type: 'charge', ...charge, refundedAt: refundedAt(charge) }
  }
  if (only !== 'charges') for await (const act of allActs(ledger, { customer })) yield { ...act, type: 'act' }
}

async function* customerRows(ledger: Ledger, customer: string): AsyncGenerator<ExportedRow> {
  yield { type: 'customer', customer, ...(await ledger.balances(customer)) }
  const { budgets } = await ledger.execute({ type: 'listBudgets', customer })
  for (const budget of budgets) yield { type: 'budget', customer, ...budget }
  for (const alert of await ledger.alerts({ customer, limit: allAlerts })) yield { ...alert, type: 'alert' }
  for (const hold of await ledger.holds(customer)) yield { type: 'hold', customer, ...hold }
  for (const day of await ledger.usage({ customer, ...allDays })) yield { type: 'usage', customer, ...day }
  for await (const day of ledger.dailyLabels(customer)) yield { type: 'usageByValue', ...day }
  for (const denied of await ledger.denials(customer)) yield { type: 'denial', customer, ...denied }
}
