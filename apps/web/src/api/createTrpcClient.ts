import { balancesLink, idempotencyLink, keyHeaders } from '@metered/billing/client'
import type { QueryClient } from '@tanstack/react-query'
import { httpBatchLink, httpBatchStreamLink, httpSubscriptionLink, retryLink, splitLink } from '@trpc/client'
import { installBalances } from './billing.ts'
import { isLost } from './isLost.ts'
import { trpc } from './trpc.ts'

const url = '/trpc'
const retries = 2

export function createTrpcClient(queryClient: QueryClient) {
  return trpc.createClient({
    links: [
      balancesLink({ onBalances: (answer) => installBalances(queryClient, answer) }),
      // This link comes before `retryLink`, so that all retries carry the same key.
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
          // A batch's response waits for its slowest call, so calls that can wait for Flowglad get their own
          // request.
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
