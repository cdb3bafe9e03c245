import { sharedState } from './sharedState.ts'

/** Maps each cache to the customer whose billing data it holds. */
const owners = sharedState('cacheOwners', () => new WeakMap<object, string | null>())

/**
 * Returns the customer whose billing data the cache holds. Returns null while no user is signed in, or
 * undefined if the app has not called `setCacheOwner`.
 */
export const cacheOwner = (queryClient: object): string | null | undefined => owners.get(queryClient)

/**
 * Sets the customer whose billing data the cache holds, or null while no user is signed in. The cache then
 * ignores other customers' balances, such as those in a late response to the previous customer.
 * `BillingProvider` calls this function. An app without `BillingProvider` must call it when a user signs in
 * or out, and remove the previous user's queries.
 */
export function setCacheOwner(queryClient: object, customer: string | null): void {
  owners.set(queryClient, customer)
}
