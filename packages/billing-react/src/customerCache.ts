import { type BalancesAnswer, cacheOwner, noteArrival, setCacheOwner } from '@metered/billing/client'
import type { QueryClient } from '@tanstack/react-query'
import { flowgladKeys, type QueryKeys } from './queryKeys.ts'

/** Returns whether the cache is free of other customers' billing data. */
export function belongsTo(customer: string | null, queryClient: QueryClient, keys: QueryKeys): boolean {
  const owner = cacheOwner(queryClient)
  if (owner !== undefined) return owner === customer
  // In a cache restored from storage or from server rendering, only the balances identify the customer.
  const restored = queryClient.getQueryData<BalancesAnswer>(keys.balances)
  if (restored) return restored.customer === customer
  return customerQueries(queryClient, keys).every(({ state }) => state.data === undefined)
}

/** Assigns the cache to a customer, and removes all other customers' data. */
export function handOver(customer: string | null, queryClient: QueryClient, keys: QueryKeys): void {
  // Restored balances have no request. Answers to requests from now on replace them.
  const restored = queryClient.getQueryData<BalancesAnswer>(keys.balances)
  if (restored) noteArrival(restored)
  const previous = cacheOwner(queryClient)
  const isClean = belongsTo(customer, queryClient, keys)
  setCacheOwner(queryClient, customer)
  if (isClean) return

  // Removing a query also cancels its request.
  for (const query of customerQueries(queryClient, keys)) queryClient.getQueryCache().remove(query)
  const mutations = queryClient.getMutationCache()
  for (const mutation of mutations.findAll({ mutationKey: keys.router })) mutations.remove(mutation)

  if (previous === undefined) return
  // Reset these queries instead of removing them, so that a mounted useBilling() of @flowglad/react shows its
  // loading state.
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
