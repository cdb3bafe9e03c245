import { balancesLink, idempotencyLink, keyHeaders } from '@metered/billing/client'
import { installBalances, type MeterOf } from '@metered/billing-react'
import type { AppRouter } from '@metered/server'
import type { QueryClient } from '@tanstack/react-query'
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpSubscriptionLink,
  retryLink,
  splitLink,
  type TRPCClient,
  TRPCClientError,
} from '@trpc/client'
import { createContext, use } from 'react'

export type Api = TRPCClient<AppRouter>
/** The app's meters, as the server declares them. */
export type Meter = MeterOf<Api['billing']>

const url = '/trpc'
const retries = 2

export function createApi(queryClient: QueryClient): Api {
  return createTRPCClient<AppRouter>({
    links: [
      balancesLink({ onBalances: (answer) => installBalances(queryClient, answer) }),
      // Before the retries, so that all of them carry the same key.
      idempotencyLink(),
      retryLink({
        retry: ({ op, error, attempts }) =>
          op.type !== 'subscription' && attempts <= retries && navigator.onLine && isLost(error),
        retryDelayMs: (attempt) => 300 * 2 ** attempt,
      }),
      splitLink({
        condition: (op) => op.type === 'subscription',
        true: httpSubscriptionLink({ url }),
        false: splitLink({
          condition: (op) => op.path === 'studio.write',
          true: httpBatchStreamLink({ url, headers: keyHeaders }),
          // A batch answers when its slowest call does: nothing of ours waits for what may have to ask Flowglad.
          false: splitLink({
            condition: (op) => op.type === 'mutation' || op.path === 'billing.plans',
            true: httpBatchLink({ url, headers: keyHeaders, maxItems: 1 }),
            false: httpBatchLink({ url, headers: keyHeaders }),
          }),
        }),
      }),
    ],
  })
}

/** The answer got lost: the call may have run. Only repeating it under the same key is harmless. */
export function isLost(error: unknown): boolean {
  return error instanceof TRPCClientError && !error.data && error.cause?.name !== 'AbortError'
}

export const ApiContext = createContext<Api | null>(null)

export function useApi(): Api {
  const api = use(ApiContext)
  if (api === null) throw new Error('useApi() needs a <Session> above it.')
  return api
}
