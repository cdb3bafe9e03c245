import { type BalancesAnswer, balancesHeader, billingLinks, newestBalances } from '@metered/billing/client'
import { QueryClient, useQuery } from '@tanstack/react-query'
import { createTRPCClient } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { aClient, hooks, type Meter, render } from './aBilling.tsx'

/**
 * Renders a page that uses `billingLinks` with a real tRPC server. The responses to mutations contain the
 * balances in a header. The page also has its own query for the balances, and its stream stays silent.
 */
export function aLinkedPage(first: BalancesAnswer<Meter>) {
  let current = first
  let delay: Promise<void> | undefined
  let kept: BalancesAnswer | undefined
  const t = initTRPC.create()
  const router = t.router({
    generate: t.procedure.mutation(() => 'done'),
    billing: t.router({ balances: t.procedure.query(() => current) }),
  })
  const queryClient = new QueryClient()
  const client = createTRPCClient<typeof router>({
    links: billingLinks({
      url: 'http://app.test/trpc',
      queryClient,
      onBalances(answer) {
        kept = newestBalances(kept, answer)
      },
      async fetch(url, init) {
        const headers = { [balancesHeader]: JSON.stringify(current) }
        const until = delay
        // jsdom replaces AbortSignal, and Node's Request rejects the replacement.
        const req = new Request(String(url), { ...init, signal: null } as RequestInit)
        const responseMeta = () => (req.method === 'POST' ? { headers } : {})
        const response = await fetchRequestHandler({ endpoint: '/trpc', router, req, responseMeta })
        await until
        return response
      },
    }),
  })
  const { result } = render(
    () => ({
      balance: hooks.useBalance('generations'),
      own: useQuery({
        queryKey: [['billing', 'balances'], { type: 'query' }],
        queryFn: () => client.billing.balances.query(),
      }),
    }),
    aClient({ balances: () => client.billing.balances.query() }),
    queryClient,
  )
  return {
    client,
    result,
    shown: () => [result.current.balance.data?.used, result.current.own.data?.balances[0]?.used],
    /** Returns the version of the balances that an app without TanStack Query would have stored. */
    kept: () => kept?.version,
    /** Sets the balances in the server's later responses. */
    answer(answer: BalancesAnswer<Meter>) {
      current = answer
    },
    /** Delays the responses to later requests until the promise resolves. */
    delayUntil(until: Promise<void> | undefined) {
      delay = until
    },
  }
}
