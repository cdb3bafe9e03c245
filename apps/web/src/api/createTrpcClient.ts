import { billingLinks } from '@metered/billing/client'
import type { QueryClient } from '@tanstack/react-query'
import { retryLink } from '@trpc/client'
import { isLost } from './isLost.ts'
import { offlineLink } from './offlineLink.ts'
import { trpc } from './trpc.ts'

const retries = 2

export function createTrpcClient(queryClient: QueryClient) {
  return trpc.createClient({
    links: billingLinks({
      url: '/trpc',
      queryClient,
      stream: ({ path }) => path === 'studio.write',
      links: [
        offlineLink(),
        retryLink({
          retry: ({ op, error, attempts }) =>
            op.type !== 'subscription' && attempts <= retries && navigator.onLine && isLost(error),
          retryDelayMs: (attempt) => 300 * 2 ** attempt,
        }),
      ],
    }),
  })
}
