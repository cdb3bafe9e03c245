import type { LedgerActRow } from '../core/rows.ts'
import type { Writes } from '../core/writes.ts'
import { tables } from './tables.ts'

/** A copy of a whole ledger, to write to another store. */
export interface LedgerCopy {
  identity: LedgerIdentity
  /** Whether an earlier run has marked the ledger as moved. That run may also have committed its copy. */
  isMarked: boolean
  /** Operators' acts on the whole ledger. */
  acts: LedgerActRow[]
  /** The total number of rows in `acts` and in all pages. */
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

/** The names of the tables in a copy. Denial counts are left out, because they only describe the last day. */
export const copiedTables = Object.values(tables)
  .map(({ name }) => name)
  .filter((name) => name !== tables.denial.name)
