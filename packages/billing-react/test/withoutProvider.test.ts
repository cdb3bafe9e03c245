import {
  type BalancesAnswer,
  balancesHeader,
  billingLinks,
  billingQueryKeys,
  installBalances,
  setCacheOwner,
} from '@metered/billing/client'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { createTRPCClient } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { anAnswer, deferred, type Meter } from './aBilling.tsx'

const t = initTRPC.create()
const router = t.router({ spend: t.procedure.mutation(() => 'done') })
const { balances: queryKey } = billingQueryKeys()

/**
 * A client with `billingLinks` and TanStack Query, but without React. Each response contains the balances.
 */
function aClientOf(answer: () => BalancesAnswer<Meter>) {
  const queryClient = new QueryClient()
  const client = createTRPCClient<typeof router>({
    links: billingLinks({
      url: 'http://app.test/trpc',
      queryClient,
      fetch: async () =>
        new Response('[{"result":{"data":"done"}}]', {
          headers: { [balancesHeader]: JSON.stringify(answer()) },
        }),
    }),
  })
  const shown = () => queryClient.getQueryData<BalancesAnswer>(queryKey)
  return { queryClient, client, shown }
}

describe('billingLinks', () => {
  it('caches the balances from each response', async () => {
    const { client, shown } = aClientOf(() => anAnswer({ version: 2, used: 5 }))
    await client.spend.mutate()
    expect(shown()).toEqual(anAnswer({ version: 2, used: 5 }))
  })

  it('keeps the newest balances when a slow query returns older balances', async () => {
    const { client, queryClient, shown } = aClientOf(() => anAnswer({ version: 2, used: 5 }))
    const slow = deferred<BalancesAnswer>()
    const observer = new QueryObserver(queryClient, { queryKey, queryFn: () => slow.promise })
    const stop = observer.subscribe(() => {})
    await client.spend.mutate()
    slow.resolve(anAnswer({ version: 1, used: 4 }))
    await expect.poll(() => queryClient.isFetching()).toBe(0)
    expect(shown()).toEqual(anAnswer({ version: 2, used: 5 }))
    stop()
  })

  it('keeps the query defaults that the app has set for the balances', () => {
    const queryClient = new QueryClient()
    queryClient.setQueryDefaults(queryKey, { staleTime: 7 })
    billingLinks({ url: '/trpc', queryClient })
    expect(queryClient.getQueryDefaults(queryKey)).toMatchObject({ staleTime: 7 })
  })

  it('replaces another customer’s balances', async () => {
    const { client, queryClient, shown } = aClientOf(() => anAnswer({ customer: 'ben', version: 1, used: 5 }))
    installBalances(queryClient, anAnswer({ version: 99, used: 9 }))
    await client.spend.mutate()
    expect(shown()).toMatchObject({ customer: 'ben', version: 1 })
  })

  it('ignores a late response for the previous customer after the app has set the next customer', async () => {
    const { client, queryClient, shown } = aClientOf(() => anAnswer({ version: 99 }))
    const late = client.spend.mutate()
    setCacheOwner(queryClient, 'ben')
    await late
    expect(shown()).toBeUndefined()
    setCacheOwner(queryClient, null)
    await client.spend.mutate()
    expect(shown()).toBeUndefined()
  })
})
