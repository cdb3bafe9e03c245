import type { BalancesAnswer } from '@metered/billing/client'
import { hashKey, type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { invalidateFlowglad, keys } from './keys.ts'

/** Keeps what the cache knows about billing in step: with the app's mutations, with new balances, and with who is signed in. */
export function useBillingCache(customer: string | null): void {
  const queryClient = useQueryClient()
  const previous = useRef(customer)

  useEffect(() => {
    if (previous.current !== customer) forgetCustomer(queryClient, previous.current)
    previous.current = customer
  }, [queryClient, customer])

  useEffect(() => {
    if (customer === null) return
    return queryClient.getMutationCache().subscribe((event) => {
      if (event.type !== 'updated') return
      // Failures too: a refusal means the balance on the screen was not the ledger's.
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

/** Sign-out, or another user: whatever billing knew about the customer leaves the cache, Flowglad's answers with it. */
function forgetCustomer(queryClient: QueryClient, customer: string | null) {
  for (const queryKey of [keys.customer(customer), keys.books(customer)]) {
    void queryClient.cancelQueries({ queryKey })
    queryClient.removeQueries({ queryKey })
  }
  // Reset, not removed: a mounted useBilling goes back to loading instead of showing the previous user.
  for (const queryKey of keys.flowglad) void queryClient.resetQueries({ queryKey })
}
