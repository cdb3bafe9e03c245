import type { BalancesAnswer } from '@metered/billing/client'
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, cleanup, render as mount, waitFor } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { aClient, anAnswer, deferred, hooks, type Meter, render } from './aBilling.tsx'

afterEach(cleanup)

/** Returns all data in the query and mutation caches as one string. */
const cached = (queryClient: QueryClient) =>
  JSON.stringify([
    ...queryClient
      .getQueryCache()
      .getAll()
      .map(({ state }) => state.data),
    ...queryClient
      .getMutationCache()
      .getAll()
      .map(({ state, options }) => [options.mutationKey, state.variables, state.data]),
  ])

it('removes the previous customer’s data and closes the stream', async () => {
  const server = aClient({
    usage: async () => [{ day: 'anna’s day' }],
    charges: async () => ({ charges: [{ transactionId: 'anna’s charge' }], nextCursor: null }),
  })
  const { result, queryClient, signIn } = render(
    () => [hooks.useBalances(), hooks.useUsage(), hooks.useCharges(), hooks.useBillingStatus()] as const,
    server,
  )
  await waitFor(() => expect(result.current.every((query) => query.isSuccess)).toBe(true))
  expect(cached(queryClient)).toContain('anna’s charge')

  signIn(null)
  await waitFor(() => expect(server.openStreams()).toBe(0))
  expect(cached(queryClient)).not.toContain('anna')
  expect(result.current.map((query) => query.data)).toEqual([undefined, undefined, undefined, undefined])
})

it('reloads Flowglad’s data for the next customer in a mounted useBilling()', async () => {
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

it('never shows a late response for the previous customer, even if its version is higher', async () => {
  const late = deferred<BalancesAnswer<Meter>>()
  const answers = [late.promise, Promise.resolve(anAnswer({ customer: 'ben', version: 2, used: 1 }))]
  const server = aClient({ balances: () => answers.shift() ?? late.promise })
  const { result, queryClient, signIn } = render(() => hooks.useBalance('generations'), server)
  await waitFor(() => expect(server.requests('balances')).toBe(1))

  signIn('ben')
  await waitFor(() => expect(result.current.data?.used).toBe(1))
  await act(async () => late.resolve(anAnswer({ version: 99, used: 9 })))
  act(() => hooks.installBalances(queryClient, anAnswer({ version: 99, used: 9 })))
  expect(cached(queryClient)).not.toContain('anna')
  expect(result.current.data).toMatchObject({ used: 1, version: 2 })
})

it('drops the previous customer’s mutations, including pending mutations', async () => {
  const late = deferred<unknown>()
  const server = aClient({ checkout: () => late.promise })
  const { result, queryClient, signIn } = render(
    () => ({ checkout: hooks.useCheckout(), change: hooks.useChangePlan() }),
    server,
  )
  await act(() => result.current.change.mutateAsync({ priceSlug: 'anna’s plan' }))
  act(() => result.current.checkout.mutate({ priceSlug: 'anna’s pack' }))
  await waitFor(() => expect(server.requests('checkout')).toBe(1))

  signIn('ben')
  await act(async () => late.resolve({ url: 'https://checkout.test/of-anna' }))
  await waitFor(() => expect(result.current.change.status).toBe('idle'))
  expect(result.current.checkout).toMatchObject({ status: 'idle', data: undefined, variables: undefined })
  expect(cached(queryClient)).not.toContain('anna')
})

it('drops a late response to the previous customer’s refresh', async () => {
  const late = deferred<unknown>()
  const server = aClient({ refresh: () => late.promise })
  const { result, queryClient, signIn } = render(
    () => ({
      balances: hooks.useBalances(),
      status: hooks.useBillingStatus(),
      refresh: hooks.useRefreshBalances(),
    }),
    server,
  )
  act(() => result.current.refresh.mutate())
  await waitFor(() => expect(server.requests('refresh')).toBe(2))

  signIn(null)
  await act(async () => late.resolve({ ...anAnswer({ version: 99 }), ageMs: 90 }))
  await waitFor(() => expect(result.current.refresh.status).toBe('idle'))
  expect(cached(queryClient)).not.toContain('anna')
})

it('removes another customer’s data that a restored cache or an unmounted provider left behind', async () => {
  const server = aClient({ balances: async () => anAnswer({ customer: 'ben', used: 1 }) })
  const queryClient = new QueryClient()
  hooks.installBalances(queryClient, anAnswer({ used: 9 }))
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
  expect(cached(queryClient)).not.toContain('anna')

  act(() => hooks.installBalances(queryClient, anAnswer({ customer: 'carl' })))
  queryClient.setQueryData(flowglad, 'of Carl')
  rerender(app(null))
  rerender(app('ben'))
  expect(cached(queryClient)).not.toContain('carl')
  expect(queryClient.getQueryData(flowglad)).toBeUndefined()
})

it('shows no balances of another customer, whether fetched, pushed or installed', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  const ofBen = anAnswer({ customer: 'ben', version: 99, used: 9 })
  const server = aClient({ balances: async () => ofBen })
  const { result, queryClient } = render(() => hooks.useBalances(), server)
  await server.push(ofBen)
  act(() => hooks.installBalances(queryClient, ofBen))
  await waitFor(() => expect(result.current.isError).toBe(true))
  expect(result.current.data).toBeUndefined()
  expect(result.current.error?.message).toBe(
    'BillingProvider was given customer "anna", but the server returned data for "ben". Pass the ID that the `customer` option of createBilling returns.',
  )
  expect(cached(queryClient)).not.toContain('ben')
})
