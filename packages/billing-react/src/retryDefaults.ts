import { retryUnlessDenied } from '@metered/billing/client'
import type { QueryClient, QueryObserverOptions } from '@tanstack/react-query'
import type { QueryKeys } from './queryKeys.ts'
import { WrongCustomerError } from './wrongCustomer.ts'

type Retry = NonNullable<QueryObserverOptions['retry']>

/** The `retry` functions that this module has created. */
const known = new WeakSet<object>()

/**
 * Turns off retries for a billing query when a retry can't help: after a denial, or after a response
 * for the wrong customer. After any other error, the app's own `retry` option applies.
 */
export function setRetryDefaults(queryClient: QueryClient, keys: QueryKeys): void {
  for (const queryKey of [keys.router, keys.status]) {
    const defaults = queryClient.getQueryDefaults(queryKey)
    const retry = defaults.retry ?? queryClient.getDefaultOptions().queries?.retry ?? standardRetry()
    if (typeof retry === 'function' && known.has(retry)) continue
    queryClient.setQueryDefaults(queryKey, { ...defaults, retry: onlyIfUseful(retry) })
  }
}

function onlyIfUseful(retry: Retry): Retry {
  const unlessDenied = retryUnlessDenied(retry)
  const onlyUseful: Retry = (failureCount, error) =>
    !(error instanceof WrongCustomerError) && unlessDenied(failureCount, error)
  known.add(onlyUseful)
  return onlyUseful
}

/** Returns TanStack Query's own default for `retry`. */
const standardRetry = () => (typeof window === 'undefined' ? 0 : 3)
