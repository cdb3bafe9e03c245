import { installBalances } from '@metered/billing/client'
import { focusManager, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { BalancesStream } from './BalancesStream.ts'
import type { BillingClient } from './BillingClient.ts'
import { receiveOther } from './customerCache.ts'
import { balancesDefaults, balancesFreshMs } from './queries.ts'
import type { QueryKeys } from './queryKeys.ts'
import { setRetryDefaults } from './retryDefaults.ts'

/**
 * Keeps the balances stream open only while the page is visible. Over HTTP/1.1, all tabs of a browser share six
 * connections to a server, and each open stream occupies one of them.
 */
export function useBalancesStream<Meter extends string>(
  client: BillingClient<Meter>,
  customer: string | null,
  keys: QueryKeys,
): void {
  const queryClient = useQueryClient()
  const current = useRef<BalancesStream<Meter> | null>(null)
  // Set the query's defaults during rendering, because the children read them when they render. Setting
  // equivalent defaults again on each rerender has no effect.
  setRetryDefaults(queryClient, keys)
  queryClient.setQueryDefaults(
    keys.balances,
    balancesDefaults(queryClient, keys, () => current.current?.delivering === true),
  )

  useEffect(() => {
    if (customer === null) return
    const refetchStale = () =>
      void queryClient.refetchQueries(
        {
          queryKey: keys.balances,
          type: 'active',
          predicate: (query) => query.isStaleByTime(balancesFreshMs),
        },
        { cancelRefetch: false },
      )
    const stream = new BalancesStream<Meter>({
      client,
      customer,
      onBalances(answer, isFirst) {
        // Cancel any request in flight, because its response would add nothing, and its failure would replace
        // the balances with an error.
        if (isFirst) void queryClient.cancelQueries({ queryKey: keys.balances })
        installBalances(queryClient, answer, { queryKey: keys.router })
      },
      onOtherCustomer: (answer) => receiveOther(answer, 'elsewhere', queryClient, keys),
      onInterrupted: refetchStale,
    })
    current.current = stream
    // On focus, open a new connection, because another window may have changed the session's customer.
    const stopFocus = onWindowFocus(() => {
      if (stream.delivering) return stream.renew(balancesFreshMs)
      refetchStale()
      stream.resume()
    })
    const unsubscribe = focusManager.subscribe((isVisible) => (isVisible ? stream.open() : stream.close()))
    if (focusManager.isFocused()) stream.open()
    return () => {
      unsubscribe()
      stopFocus()
      stream.close()
    }
  }, [client, customer, keys, queryClient])
}

function onWindowFocus(listener: () => void): () => void {
  // In React Native, `window` exists but has no events.
  if (typeof window === 'undefined' || !window.addEventListener) return () => {}
  window.addEventListener('focus', listener)
  return () => window.removeEventListener('focus', listener)
}
