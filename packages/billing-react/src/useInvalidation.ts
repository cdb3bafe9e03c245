import { type BalancesAnswer, noteArrival } from '@metered/billing/client'
import { hashKey, type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { invalidateFlowglad, type QueryKeys } from './queryKeys.ts'

/** Refetches billing data after the app's mutations, and after changes made elsewhere. */
export function useInvalidation(customer: string | null, keys: QueryKeys): void {
  const queryClient = useQueryClient()
  useEffect(() => {
    if (customer === null) return
    const stopMutations = invalidateAfterMutations(queryClient, keys)
    const stopVersions = invalidateAfterNewVersions(queryClient, keys)
    return () => {
      stopMutations()
      stopVersions()
    }
  }, [queryClient, customer, keys])
}

/**
 * Invalidates the billing queries after every mutation, like `utils.billing.invalidate()`. Includes failed
 * mutations, because a denial means that the balance on the screen was out of date.
 */
function invalidateAfterMutations(queryClient: QueryClient, keys: QueryKeys): () => void {
  const plansHash = hashKey(keys.plans)
  return queryClient.getMutationCache().subscribe((event) => {
    if (event.type !== 'updated') return
    if (event.action.type !== 'success' && event.action.type !== 'error') return
    void queryClient.invalidateQueries({
      queryKey: keys.router,
      // A mutation doesn't change the plans on offer.
      predicate: ({ queryHash }) => queryHash !== plansHash,
    })
    invalidateFlowglad(queryClient)
  })
}

/**
 * Invalidates usage, charges, budgets, the statement and the previews of plan changes whenever the balances have a new version.
 * Invalidates the alerts if there are new ones, and Flowglad's data if the plan has changed.
 */
function invalidateAfterNewVersions(queryClient: QueryClient, keys: QueryKeys): () => void {
  const balancesHash = hashKey(keys.balances)
  let known = queryClient.getQueryData<BalancesAnswer>(keys.balances)
  return queryClient.getQueryCache().subscribe((event) => {
    if (event.query.queryHash !== balancesHash) return
    const answer = queryClient.getQueryData<BalancesAnswer>(keys.balances)
    if (answer === undefined || answer === known) return
    // Also record balances from storage or server rendering, which arrive without a request.
    noteArrival(answer)
    const before = known
    known = answer
    if (before === undefined || before.version === answer.version) return
    // If the customer has changed, these queries have just been reset, so don't invalidate them again.
    if (before.customer !== answer.customer) return
    void queryClient.invalidateQueries({ queryKey: keys.procedure('usage') })
    void queryClient.invalidateQueries({ queryKey: keys.procedure('charges') })
    void queryClient.invalidateQueries({ queryKey: keys.procedure('budgets') })
    void queryClient.invalidateQueries({ queryKey: keys.procedure('statement') })
    void queryClient.invalidateQueries({ queryKey: keys.procedure('previewChange') })
    if (before.lastAlertAt !== answer.lastAlertAt)
      void queryClient.invalidateQueries({ queryKey: keys.procedure('alerts') })
    if (JSON.stringify(before.plan) !== JSON.stringify(answer.plan)) invalidateFlowglad(queryClient)
  })
}
