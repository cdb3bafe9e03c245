import type { Ledger } from '../../../src/ledger/ledger.ts'
import type { LedgerOptions } from '../../../src/ledger/ledgerOptions.ts'

/** Two nodes that share a store, and a clock that the test moves. */
export interface TwoNodes extends AsyncDisposable {
  ledger: Ledger
  other: Ledger
  advance(ms: number): void
}

export type OpenLedger = (options?: LedgerOptions) => Promise<TwoNodes>
