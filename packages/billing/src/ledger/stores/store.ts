import type { BatcherStore } from '../batcher.ts'
import type { AccountRow, CustomerRow, EventRow } from '../core/rows.ts'
import type { Ledger } from '../ledger.ts'

/** What an engine does for the ledger: transactions around the core, and reads. It only loads, locks and writes; it decides nothing. */
export interface Store
  extends BatcherStore,
    Pick<
      Ledger,
      | 'usage'
      | 'versions'
      | 'customersWithDueHolds'
      | 'customersToDeliver'
      | 'health'
      | 'parked'
      | 'prune'
      | 'close'
    > {
  /** The customer's row and accounts as of one moment, and the store's time. */
  readCustomer(customer: string): Promise<{ row: CustomerRow | null; accounts: AccountRow[]; now: number }>
  /** The customer's events, newest first, from before `before`. */
  readCharges(query: { customer: string; limit: number; before: ChargeCursor | null }): Promise<EventRow[]>
}

export type ChargeCursor = [at: number, attempt: string, meter: string]
