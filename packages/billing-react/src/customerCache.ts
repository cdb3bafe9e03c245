import {
  type BalancesAnswer,
  cacheOwner,
  installBalances,
  noteArrival,
  setCacheOwner,
} from '@metered/billing/client'
import { notifyManager, type QueryClient } from '@tanstack/react-query'
import { flowgladKeys, type QueryKeys } from './queryKeys.ts'
import { shownIn } from './ShownCustomer.ts'
import { warnOfWrongCustomer } from './wrongCustomer.ts'

/** Returns whether the cache is free of other customers' billing data. */
export function belongsTo(customer: string | null, queryClient: QueryClient, keys: QueryKeys): boolean {
  const owner = cacheOwner(queryClient)
  if (owner !== undefined) return owner === customer
  // In a cache restored from storage or from server rendering, only the balances identify the customer.
  const restored = queryClient.getQueryData<BalancesAnswer>(keys.balances)
  if (restored) return restored.customer === customer
  return customerQueries(queryClient, keys).every(({ state }) => state.data === undefined)
}

/** Assigns the cache to the customer that the page shows, and removes all other customers' data. */
export function handOver(given: string | null, queryClient: QueryClient, keys: QueryKeys): void {
  const shown = shownIn(queryClient)
  shown.give(given)
  const customer = shown.of(given)
  const previous = cacheOwner(queryClient)
  const isClean = belongsTo(customer, queryClient, keys)
  setOwner(customer, queryClient, keys)
  if (isClean) {
    noteRestored(customer, queryClient, keys)
    return
  }

  // Removing a query also cancels its request.
  for (const query of customerQueries(queryClient, keys)) queryClient.getQueryCache().remove(query)
  const mutations = queryClient.getMutationCache()
  for (const mutation of mutations.findAll({ mutationKey: keys.router })) mutations.remove(mutation)

  if (previous !== undefined) resetFlowglad(queryClient)
}

/**
 * Handles a response for a customer that the page doesn't show. If the session's customer has changed, the page
 * drops the old customer's data and shows the new customer's data. The components stay mounted, so a
 * form keeps its text, and a running call keeps its result.
 */
export function receiveOther(
  answer: BalancesAnswer,
  from: 'query' | 'elsewhere',
  queryClient: QueryClient,
  keys: QueryKeys,
): void {
  const shown = shownIn(queryClient)
  const verdict = shown.judge(answer, from)
  if (verdict === 'reject') warnOfWrongCustomer(cacheOwner(queryClient) ?? null, answer.customer)
  if (verdict !== 'follow') return
  notifyManager.batch(() => {
    shown.follow(answer.customer)
    setOwner(answer.customer, queryClient, keys)
    const queries = customerQueries(queryClient, keys).filter(({ state }) => state.data !== answer)
    // Resetting a query also cancels its request.
    for (const query of queries) query.reset()
    installBalances(queryClient, answer, { queryKey: keys.router })
    void queryClient.refetchQueries({
      type: 'active',
      predicate: (query) => queries.includes(query) && query.state.data === undefined,
    })
    resetFlowglad(queryClient)
  })
}

const setOwner = (customer: string | null, queryClient: QueryClient, keys: QueryKeys) =>
  setCacheOwner(queryClient, customer, (answer) => receiveOther(answer, 'elsewhere', queryClient, keys))

/**
 * Records when balances from storage or server rendering arrived, so that the response to any later request
 * replaces these balances.
 */
function noteRestored(customer: string | null, queryClient: QueryClient, keys: QueryKeys) {
  const restored = queryClient.getQueryData<BalancesAnswer>(keys.balances)
  if (restored?.customer !== customer) return
  noteArrival(restored)
  shownIn(queryClient).confirm()
}

/**
 * Resets Flowglad's queries instead of removing them, so that a mounted useBilling() from @flowglad/react
 * shows its loading state.
 */
function resetFlowglad(queryClient: QueryClient) {
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
