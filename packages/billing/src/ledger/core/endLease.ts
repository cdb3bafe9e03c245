import type { Draft } from './draft.ts'

export function endLease(draft: Draft): void {
  draft.writeCustomer({ leaseToken: null, leaseUntil: draft.now, lease: null })
}
