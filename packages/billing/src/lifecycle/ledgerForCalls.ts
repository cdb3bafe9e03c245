import type { RestoreCheck } from '../flowglad/restoredLedger.ts'
import type { Ledger, LedgerForCalls } from '../ledger/ledger.ts'

/**
 * Returns the ledger methods that calls use. The methods that access the store call `onCall` first, and reject if
 * `onCall` throws.
 */
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
    interruptions: () => ledger.interruptions(),
    balances: (customer) => afterCall(() => ledger.balances(customer)),
    lastCommitted: (customer, since) => ledger.lastCommitted(customer, since),
    charges: (query) => afterCall(() => ledger.charges(query)),
    alerts: (query) => afterCall(() => ledger.alerts(query)),
    usage: (query) => afterCall(() => ledger.usage(query)),
    usageByValue: (query) => afterCall(() => ledger.usageByValue(query)),
  }
}

/** Returns the restore check that calls use. `ready` calls `onCall` first, and rejects if `onCall` throws. */
export const restoreCheckForCalls = (restored: RestoreCheck, onCall: () => void): RestoreCheck => ({
  get isReady() {
    return restored.isReady
  },
  get recognizesKeys() {
    return restored.recognizesKeys
  },
  async ready(call) {
    onCall()
    await restored.ready(call)
  },
})
