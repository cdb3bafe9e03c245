import type { Ledger } from '../ledger/ledger.ts'

/** The ledger methods that calls use. */
export type LedgerForCalls = Pick<Ledger, 'execute' | 'balances' | 'lastCommitted' | 'charges' | 'usage'>

/** Returns the ledger methods for calls. Each method calls `onCall` first, and rejects if `onCall` throws. */
export function ledgerForCalls(ledger: Ledger, onCall: () => void): LedgerForCalls {
  const afterCall = <T>(work: () => Promise<T>): Promise<T> => {
    try {
      onCall()
    } catch (error) {
      return Promise.reject(error)
    }
    return work()
  }
  return {
    execute: (command) => afterCall(() => ledger.execute(command)),
    balances: (customer) => afterCall(() => ledger.balances(customer)),
    lastCommitted: (customer, since) => ledger.lastCommitted(customer, since),
    charges: (query) => afterCall(() => ledger.charges(query)),
    usage: (query) => afterCall(() => ledger.usage(query)),
  }
}
