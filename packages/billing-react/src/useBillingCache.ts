import type { BalancesAnswer } from '@metered/billing/client'
import { hashKey, type Query, type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { invalidateFlowglad, isOfAnother, keys } from './keys.ts'
import { ownerOf, setOwner } from './owners.ts'

/** Keeps what the cache knows about billing in step: with the app's mutations, with new balances, and with who is signed in. */
export function useBillingCache(customer: string | null): void {
  const queryClient = useQueryClient()

  useEffect(() => handOver(queryClient, customer), [queryClient, customer])

  useEffect(() => {
    if (customer === null) return
    return queryClient.getMutationCache().subscribe((event) => {
      if (event.type !== 'updated') return
      // Failures too: a denial means the balance on the screen was not the ledger's.
      if (event.action.type === 'success' || event.action.type === 'error') {
        void queryClient.invalidateQueries({ queryKey: keys.customer(customer) })
        invalidateFlowglad(queryClient)
      }
    })
  }, [queryClient, customer])

  useEffect(() => {
    if (customer === null) return
    const balancesHash = hashKey(keys.balances(customer))
    let known = queryClient.getQueryData<BalancesAnswer>(keys.balances(customer))
    return queryClient.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated' || event.query.queryHash !== balancesHash) return
      const answer = queryClient.getQueryData<BalancesAnswer>(keys.balances(customer))
      if (answer === undefined || answer === known) return
      const before = known
      known = answer
      if (before === undefined || before.version === answer.version) return
      // Somebody spent, perhaps elsewhere: the tables and charts made from the same books have changed with it.
      void queryClient.invalidateQueries({ queryKey: keys.usage(customer) })
      void queryClient.invalidateQueries({ queryKey: keys.charges(customer) })
      if (JSON.stringify(before.plan) !== JSON.stringify(answer.plan)) invalidateFlowglad(queryClient)
    })
  }, [queryClient, customer])
}

/** Sign-out, or another user: whatever billing knew about anybody else leaves the cache, Flowglad's answers with it. */
function handOver(queryClient: QueryClient, customer: string | null) {
  const previous = ownerOf(queryClient)
  if (previous === customer) return
  setOwner(queryClient, customer)
  const others = { predicate: ({ queryKey }: Query) => isOfAnother(customer, queryKey) }
  void queryClient.cancelQueries(others)
  queryClient.removeQueries(others)
  const mutations = queryClient.getMutationCache()
  for (const mutation of mutations.getAll())
    if (isOfAnother(customer, mutation.options.mutationKey ?? [])) mutations.remove(mutation)
  // Before the first customer there was nobody whose answers these could be.
  if (previous === undefined) return
  // Reset, not removed: a mounted useBilling goes back to loading instead of showing the previous user.
  for (const queryKey of keys.flowglad) void queryClient.resetQueries({ queryKey })
}
