import type { Ledger } from '../../../src/ledger/ledger.ts'
import type { LedgerOptions } from '../../../src/ledger/ledgerOptions.ts'

/** One store with two nodes on it, and a clock that moves when told. */
export interface TwoNodes extends AsyncDisposable {
  ledger: Ledger
  other: Ledger
  advance(ms: number): void
}

export type OpenLedger = (options?: LedgerOptions) => Promise<TwoNodes>
