/**
 * Maps each cache to the customer whose billing data it holds. The map is global, because an app can load this
 * package twice, directly and through `@metered/billing-react`.
 */
const ownersKey = Symbol.for('@metered/billing/cacheOwners')

function owners(): WeakMap<object, string | null> {
  const known: unknown = Reflect.get(globalThis, ownersKey)
  if (known instanceof WeakMap) return known
  const created = new WeakMap<object, string | null>()
  Reflect.set(globalThis, ownersKey, created)
  return created
}

/**
 * Returns the customer whose billing data the cache holds. Returns null while no user is signed in, or
 * undefined if the app has not called `setCacheOwner`.
 */
export const cacheOwner = (queryClient: object): string | null | undefined => owners().get(queryClient)

/**
 * Sets the customer whose billing data the cache holds, or null while no user is signed in. The cache then
 * ignores other customers' balances, such as those in a late response to the previous customer.
 * `BillingProvider` calls this function. An app without `BillingProvider` must call it when a user signs in
 * or out, and remove the previous user's queries.
 */
export function setCacheOwner(queryClient: object, customer: string | null): void {
  owners().set(queryClient, customer)
}
