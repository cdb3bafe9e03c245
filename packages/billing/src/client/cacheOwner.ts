import type { BalancesAnswer } from '../contract/balances.ts'
import { sharedState } from './sharedState.ts'

interface Owner {
  customer: string | null
  onOtherCustomer: (answer: BalancesAnswer) => void
}

/** Maps each cache to the customer whose billing data it holds. */
const owners = sharedState('cacheOwners', () => new WeakMap<object, Owner>())

/**
 * Returns the customer whose billing data the cache holds. Returns null while no user is signed in, or
 * undefined if the app has not called `setCacheOwner`.
 */
export const cacheOwner = (queryClient: object): string | null | undefined =>
  owners.get(queryClient)?.customer

/**
 * Sets the customer whose billing data the cache holds. Pass null while no user is signed in. The cache then
 * ignores other customers' balances, such as those in a late response for the previous customer.
 * `BillingProvider` calls this function. An app without `BillingProvider` must call `setCacheOwner` when a
 * user signs in or out, and remove the previous user's queries.
 *
 * `onOtherCustomer` receives the balances that the cache ignores. Such balances arrive in a late response, or
 * after the session's customer has changed, for example because the user has switched organizations in another tab.
 */
export function setCacheOwner(
  queryClient: object,
  customer: string | null,
  onOtherCustomer: (answer: BalancesAnswer) => void = () => {},
): void {
  owners.set(queryClient, { customer, onOtherCustomer })
}

/** Returns whether the cache may store the balances. If not, passes the balances to `onOtherCustomer`. */
export function admits(queryClient: object, answer: BalancesAnswer): boolean {
  const owner = owners.get(queryClient)
  if (owner === undefined || owner.customer === answer.customer) return true
  owner.onOtherCustomer(answer)
  return false
}
