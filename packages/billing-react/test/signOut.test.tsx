import type { BalancesAnswer } from '@metered/billing/client'
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, cleanup, render as mount, waitFor } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { installBalances } from '../src/index.ts'
import { aClient, anAnswer, deferred, hooks, type Meter, render } from './aBilling.tsx'

afterEach(cleanup)

/** Keys of the queries and mutations that are kept under a customer. */
const tracesOf = (customer: string, queryClient: QueryClient) =>
  [
    ...queryClient
      .getQueryCache()
      .getAll()
      .map(({ queryKey }) => queryKey),
    ...queryClient
      .getMutationCache()
      .getAll()
      .map(({ options }) => options.mutationKey ?? []),
  ].filter((key) => key.includes(customer))

it('leaves nothing of the previous customer in the cache, and no stream', async () => {
  const server = aClient()
  const { result, queryClient, signIn } = render(
    () => [hooks.useBalances(), hooks.useUsage(), hooks.useCharges(), hooks.useBooks()] as const,
    server,
  )
  await waitFor(() => expect(result.current.every((query) => query.isSuccess)).toBe(true))

  signIn(null)
  await waitFor(() => expect(server.openStreams()).toBe(0))
  expect(tracesOf('anna', queryClient)).toEqual([])
  expect(result.current.map((query) => query.data)).toEqual([undefined, undefined, undefined, undefined])
})

it('takes a mounted useBilling of Flowglad back to loading', async () => {
  const server = aClient()
  const ofBen = deferred<string>()
  const answers = [Promise.resolve('of Anna'), ofBen.promise]
  const { result, signIn } = render(
    () => useQuery({ queryKey: ['customers/billing'], queryFn: () => answers.shift() ?? ofBen.promise }),
    server,
  )
  await waitFor(() => expect(result.current.data).toBe('of Anna'))

  signIn('ben')
  await waitFor(() => expect(result.current.data).toBeUndefined())
  ofBen.resolve('of Ben')
  await waitFor(() => expect(result.current.data).toBe('of Ben'))
})

it('never shows the next customer a late answer for the previous one, however high its version', async () => {
  const late = deferred<BalancesAnswer<Meter>>()
  const answers = [late.promise, Promise.resolve(anAnswer({ customer: 'ben', version: 2, used: 1 }))]
  const server = aClient({ balances: () => answers.shift() ?? late.promise })
  const { result, queryClient, signIn } = render(() => hooks.useBalance('generations'), server)
  await waitFor(() => expect(server.asked('balances')).toBe(1))

  signIn('ben')
  await waitFor(() => expect(result.current.data?.used).toBe(1))
  await act(async () => late.resolve(anAnswer({ version: 99, used: 9 })))
  act(() => installBalances(queryClient, anAnswer({ version: 99, used: 9 })))
  expect(tracesOf('anna', queryClient)).toEqual([])
  expect(result.current.data).toMatchObject({ used: 1, version: 2 })
})

it('forgets what became of the previous customer’s checkout, however late it answers', async () => {
  const late = deferred<unknown>()
  const server = aClient({ checkout: () => late.promise })
  const { result, queryClient, signIn } = render(
    () => ({ checkout: hooks.useCheckout(), change: hooks.useChangePlan() }),
    server,
  )
  await act(() => result.current.change.mutateAsync({ priceSlug: 'pro_monthly' }))
  act(() => result.current.checkout.mutate({ priceSlug: 'generation_pack' }))
  await waitFor(() => expect(server.asked('checkout')).toBe(1))

  signIn('ben')
  await act(async () => late.resolve({ url: 'https://checkout.test/of-anna' }))
  await waitFor(() => expect(result.current.change.status).toBe('idle'))
  expect(result.current.checkout).toMatchObject({ status: 'idle', data: undefined, variables: undefined })
  expect(tracesOf('anna', queryClient)).toEqual([])
})

it('drops a late look at the previous customer’s books', async () => {
  const late = deferred<unknown>()
  const server = aClient({ refresh: () => late.promise })
  const { result, queryClient, signIn } = render(
    () => ({ balances: hooks.useBalances(), books: hooks.useBooks(), refresh: hooks.useRefreshBalances() }),
    server,
  )
  act(() => result.current.refresh.mutate())
  await waitFor(() => expect(server.asked('refresh')).toBe(2))

  signIn(null)
  await act(async () => late.resolve({ ...anAnswer({ version: 99 }), ageMs: 90 }))
  await waitFor(() => expect(result.current.refresh.status).toBe('idle'))
  expect(tracesOf('anna', queryClient)).toEqual([])
})

it('removes what a stored cache or a provider that is gone has left of anybody else', async () => {
  const server = aClient({ balances: async () => anAnswer({ customer: 'ben', used: 1 }) })
  const queryClient = new QueryClient()
  installBalances(queryClient, anAnswer({ used: 9 }))
  const flowglad = ['customers/billing']
  const app = (customer: string | null) => (
    <QueryClientProvider client={queryClient}>
      {customer !== null && (
        <hooks.BillingProvider client={server.client} customer={customer}>
          {customer}
        </hooks.BillingProvider>
      )}
    </QueryClientProvider>
  )
  const { rerender } = mount(app('carl'))
  expect(tracesOf('anna', queryClient)).toEqual([])

  act(() => installBalances(queryClient, anAnswer({ customer: 'carl' })))
  queryClient.setQueryData(flowglad, 'of Carl')
  rerender(app(null))
  rerender(app('ben'))
  expect(tracesOf('carl', queryClient)).toEqual([])
  expect(queryClient.getQueryData(flowglad)).toBeUndefined()
})

it('shows nobody what the server answered for somebody else, by whichever way it came', async () => {
  const ofBen = anAnswer({ customer: 'ben', version: 99, used: 9 })
  const server = aClient({ balances: async () => ofBen })
  const { result, queryClient } = render(() => hooks.useBalances(), server)
  await server.push(ofBen)
  act(() => installBalances(queryClient, ofBen))
  await waitFor(() => expect(result.current.isError).toBe(true))
  expect(result.current.data).toBeUndefined()
  expect(result.current.error?.message).toBe(
    'BillingProvider was given customer "anna", but the server answered for "ben".',
  )
  expect(tracesOf('ben', queryClient)).toEqual([])
})
