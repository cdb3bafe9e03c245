import { balancesLink, billingDenial, idempotencyLink, keyHeaders } from '@metered/billing/client'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import type { AppRouter } from './billing.js'

export const client = createTRPCClient<AppRouter>({
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
