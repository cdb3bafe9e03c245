import type { BalancesAnswer } from '@metered/billing/client'
import type { QueryClient } from '@tanstack/react-query'
import { flowgladKeys, type QueryKeys } from './queryKeys.ts'

/**
 * Maps each cache to the customer whose billing data it holds. The map is outside the provider, because an
 * app may unmount the provider at sign-out. `undefined` means that no provider has used the cache yet.
 */
const owners = new WeakMap<QueryClient, string | null>()

export const ownerOf = (queryClient: QueryClient): string | null | undefined => owners.get(queryClient)

/** Returns whether the cache is free of other customers' billing data. */
export function belongsTo(customer: string | null, queryClient: QueryClient, keys: QueryKeys): boolean {
  const owner = ownerOf(queryClient)
  if (owner !== undefined) return owner === customer
  // In a cache restored from storage or from server rendering, only the balances identify the customer.
  const restored = queryClient.getQueryData<BalancesAnswer>(keys.balances)
  if (restored) return restored.customer === customer
  return customerQueries(queryClient, keys).every(({ state }) => state.data === undefined)
}

/** Assigns the cache to a customer, and removes all other customers' data. */
export function handOver(customer: string | null, queryClient: QueryClient, keys: QueryKeys): void {
  const previous = ownerOf(queryClient)
  const isClean = belongsTo(customer, queryClient, keys)
  owners.set(queryClient, customer)
  if (isClean) return

  // Removing a query also cancels its request.
  for (const query of customerQueries(queryClient, keys)) queryClient.getQueryCache().remove(query)
  const mutations = queryClient.getMutationCache()
  for (const mutation of mutations.findAll({ mutationKey: keys.router })) mutations.remove(mutation)

  if (previous === undefined) return
  // Reset these queries instead of removing them, so that a mounted useBilling() shows its loading state.
  for (const queryKey of flowgladKeys) void queryClient.resetQueries({ queryKey })
}

/** Returns the queries that hold a customer's data. Plans are the same for every customer. */
function customerQueries(queryClient: QueryClient, keys: QueryKeys) {
  const plans = queryClient.getQueryCache().find({ queryKey: keys.plans })
  return [
    ...queryClient.getQueryCache().findAll({ queryKey: keys.router }),
    ...queryClient.getQueryCache().findAll({ queryKey: keys.status }),
  ].filter((query) => query !== plans)
}
