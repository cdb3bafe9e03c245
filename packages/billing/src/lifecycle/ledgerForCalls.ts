import type { Ledger } from '../ledger/ledger.ts'

/** The ledger methods that calls use. */
export type LedgerForCalls = Pick<Ledger, 'execute' | 'balances' | 'lastCommitted' | 'charges' | 'usage'>

/** Returns the ledger methods for calls. Each method calls `onCall` first, and rejects if `onCall` throws. */
export const ledgerForCalls = (ledger: Ledger, onCall: () => void): LedgerForCalls => ({
  async execute(command) {
    onCall()
    return ledger.execute(command)
  },
  async balances(customer) {
    onCall()
    return ledger.balances(customer)
  },
  lastCommitted(customer) {
    return ledger.lastCommitted(customer)
  },
  async charges(query) {
    onCall()
    return ledger.charges(query)
  },
  async usage(query) {
    onCall()
    return ledger.usage(query)
  },
})
