import {
  balancesLink,
  billingDenial,
  billingLinks,
  idempotencyLink,
  keyHeaders,
  retryUnlessDenied,
} from '@metered/billing/client'
import { QueryClient } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink, loggerLink } from '@trpc/client'
import type { AppRouter } from './billing.js'

export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: retryUnlessDenied(3) } } })

export const client = createTRPCClient<AppRouter>({
  links: billingLinks({
    url: 'https://app.example/trpc',
    queryClient,
    headers: () => ({ authorization: 'Bearer token' }),
    connectionParams: () => ({ token: 'token' }),
    stream: ({ path }) => path === 'write',
    links: [loggerLink()],
  }),
})

export const singleLinks = createTRPCClient<AppRouter>({
  links: [
    balancesLink({ onBalances: ({ balances }) => balances }),
    idempotencyLink(),
    httpBatchLink({ url: 'https://app.example/trpc', headers: keyHeaders }),
  ],
})

export async function write() {
  try {
    return await client.ping.mutate()
  } catch (error) {
    const denial = billingDenial(error)
    return denial?.code === 'INSUFFICIENT_CREDITS' ? denial.required : null
  }
}

export const pong: Promise<string> = client.ping.mutate()
export const meters: Promise<('generations' | 'tokens')[]> = client.billing.balances
  .query()
  .then(({ balances }) => balances.map(({ meter }) => meter))
