import { billingDenial } from '../contract/billingDenial.ts'

/** TanStack Query's `retry` option. */
type Retry<E> = boolean | number | ((failureCount: number, error: E) => boolean)

/**
 * Returns TanStack Query's `retry` option for an app with metered procedures. A denied call isn't retried,
 * because it would be denied again. `retry` (default: 3) applies to other errors. `retry` also applies to
 * `BILLING_UNAVAILABLE`, unless the work has succeeded and only its charge is unconfirmed.
 */
export function retryUnlessDenied<E>(retry: Retry<E> = 3): (failureCount: number, error: E) => boolean {
  return (failureCount, error) => {
    const denial = billingDenial(error)
    const isTemporary = denial?.code === 'BILLING_UNAVAILABLE' && !denial.chargeUnconfirmed
    if (denial !== null && !isTemporary) return false
    if (typeof retry === 'function') return retry(failureCount, error)
    return typeof retry === 'number' ? failureCount < retry : retry
  }
}
