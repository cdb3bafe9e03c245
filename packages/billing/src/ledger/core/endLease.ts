import type { Draft } from './draft.ts'

/** Ends the customer's lease. */
export function endLease(draft: Draft): void {
  draft.writeCustomer({ leaseToken: null, leaseUntil: draft.now, lease: null })
}
