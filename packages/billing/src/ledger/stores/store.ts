import type { BatcherStore } from '../batcher.ts'
import type { ChargeCursor } from '../chargeCursor.ts'
import type { AccountRow, CustomerRow, EventRow } from '../core/rows.ts'
import type { Ledger } from '../ledger.ts'

/** A database engine: transactions around the core, and reads. It loads, locks and writes, and decides nothing. */
export interface Store extends BatcherStore, Reads, Pick<Ledger, 'prune' | 'close'> {}

/** The reads that run outside the batches. Each answer shows one moment. */
export interface Reads
  extends Pick<
    Ledger,
    'usage' | 'versions' | 'customersWithDueHolds' | 'customersToDeliver' | 'health' | 'parked'
  > {
  /** Returns the customer's row, its accounts, and the store's time. */
  readCustomer(customer: string): Promise<{ row: CustomerRow | null; accounts: AccountRow[]; now: number }>
  /** Returns the customer's events, newest first, starting after the event that `before` names. */
  readCharges(query: { customer: string; limit: number; before: ChargeCursor | null }): Promise<EventRow[]>
}
