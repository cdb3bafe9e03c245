import type { Writes } from '../core/draft.ts'

/** A whole ledger, on its way to another store. */
export interface LedgerCopy {
  identity: LedgerIdentity
  /** How many rows the pages contain in total. */
  rows: number
  /** All rows, in pages of limited size. */
  pages(): Iterable<Writes>
}

/** The ledger's own row. */
export interface LedgerIdentity {
  /** Copies of the ledger have the same ID. */
  id: string
  restoredAt: number | null
  recoveredAt: number | null
}
