import { billingDenial } from '@metered/billing/client'

/**
 * Returns whether a failed call may have run on the server, or may still be running. A retry of such a call
 * must use the same key. Returns false for an aborted call, even if it may have run, because the customer
 * chose to abort it.
 */
export function mayHaveRun(error: unknown): boolean {
  const denial = billingDenial(error)
  if (denial?.code === 'IN_PROGRESS') return true
  if (denial?.code === 'BILLING_UNAVAILABLE') return denial.chargeUnconfirmed === true
  // A tRPC client error has `data` only if the server sent the error.
  const isFromServer = (fieldOf(error, 'data') ?? null) !== null
  return !isFromServer && !isAbort(error)
}

const isAbort = (error: unknown) =>
  [error, fieldOf(error, 'cause')].some((it) => fieldOf(it, 'name') === 'AbortError')

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
