import { focusManager, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { BillingClient } from './BillingClient.ts'
import { installBalances } from './installBalances.ts'
import { keys } from './keys.ts'

const firstRetryMs = 1_000
const longestRetryMs = 30_000

/**
 * Keeps the balances stream open while the page is visible, and says whether it is delivering. A hidden page lets go of it: over HTTP/1.1 a
 * browser has six connections to a server for all its tabs together, and each stream keeps one.
 */
export function useBalancesStream(client: BillingClient, customer: string | null): boolean {
  const queryClient = useQueryClient()
  const [delivering, setDelivering] = useState<string | null>(null)

  useEffect(() => {
    if (customer === null) return
    let subscription: { unsubscribe(): void } | undefined
    let retry: ReturnType<typeof setTimeout> | undefined
    let retryMs = firstRetryMs

    function close() {
      clearTimeout(retry)
      subscription?.unsubscribe()
      subscription = undefined
    }
    // tRPC's stream reconnects by itself after a broken connection, and ends for good after an answer such as a proxy's 502.
    function again() {
      close()
      setDelivering(null)
      retry = setTimeout(open, retryMs)
      retryMs = Math.min(retryMs * 2, longestRetryMs)
    }
    function open() {
      clearTimeout(retry)
      if (customer === null || subscription) return
      let live = true
      let silent = true
      setDelivering(null)
      const opened = client.onBalances.subscribe(undefined, {
        onData(answer) {
          if (!live || answer.customer !== customer) return
          retryMs = firstRetryMs
          // Still being asked as well: an answer would bring nothing, and a failure would stand where the balances are.
          if (silent) void queryClient.cancelQueries({ queryKey: keys.balances(customer) })
          silent = false
          installBalances(queryClient, answer)
          // Only data proves delivery: a connection may open and stay silent.
          setDelivering(customer)
        },
        onConnectionStateChange({ state }) {
          if (!live || state === 'pending') return
          silent = true
          setDelivering(null)
        },
        onError: () => live && again(),
        onComplete: () => live && again(),
      })
      subscription = {
        unsubscribe() {
          live = false
          opened.unsubscribe()
        },
      }
    }

    // Hidden, nobody is shown anything, so nothing is asked instead: whoever comes back opens the stream first.
    const stopWatching = focusManager.subscribe((visible) => (visible ? open() : close()))
    if (focusManager.isFocused()) open()
    return () => {
      stopWatching()
      close()
    }
  }, [client, customer, queryClient])

  return customer !== null && delivering === customer
}
