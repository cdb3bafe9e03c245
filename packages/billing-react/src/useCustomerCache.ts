import type { BalancesAnswer } from '@metered/billing/client'
import { hashKey, useQueryClient } from '@tanstack/react-query'
import { useLayoutEffect, useState, useSyncExternalStore } from 'react'
import { belongsTo, handOver, receiveOther } from './customerCache.ts'
import type { QueryKeys } from './queryKeys.ts'
import { shownIn } from './ShownCustomer.ts'

/**
 * Returns the customer that the page shows, and whether the hooks may read the cache for this customer.
 * `isReady` is false for one commit after the provider's customer changes, so that no hook renders the
 * previous customer's data. The browser doesn't paint that commit.
 */
export function useCustomerCache(
  given: string | null,
  keys: QueryKeys,
): { customer: string | null; isReady: boolean } {
  const queryClient = useQueryClient()
  const shown = shownIn(queryClient)
  const customer = useSyncExternalStore(
    shown.subscribe,
    () => shown.of(given),
    () => given,
  )
  const [, setOwner] = useState<string | null>()

  useLayoutEffect(() => {
    handOver(given, queryClient, keys)
    setOwner(given)
    const balancesHash = hashKey(keys.balances)
    return queryClient.getQueryCache().subscribe((event) => {
      if (event.query.queryHash !== balancesHash) return
      const answer = queryClient.getQueryData<BalancesAnswer>(keys.balances)
      if (answer === undefined) return
      if (answer.customer === shown.of(given)) shown.confirm()
      else receiveOther(answer, 'query', queryClient, keys)
    })
  }, [given, queryClient, keys, shown])

  return { customer, isReady: belongsTo(customer, queryClient, keys) }
}
