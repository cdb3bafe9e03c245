import { type BalancesAnswer, balancesHeader, billingLinks } from '@metered/billing/client'
import {
  type QueryClient,
  QueryClientProvider,
  type QueryKey,
  QueryClient as TanStackQueryClient,
  useMutation,
  useQuery,
} from '@tanstack/react-query'
import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import { createTRPCClient, type TRPCClient, type TRPCLink } from '@trpc/client'
import { createTRPCReact, getQueryKey } from '@trpc/react-query'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { observable } from '@trpc/server/observable'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import { createBillingHooks } from '../src/index.ts'
import { anAnswer, deferred, type Meter } from './aBilling.tsx'

afterEach(cleanup)

/** Creates a server with a real tRPC router that spends one unit per `generate` call. */
function aServer() {
  let used = 0
  let requests = 0
  let pushed = deferred<BalancesAnswer<Meter>>()
  let slow: Promise<void> | undefined
  const answer = () => anAnswer({ version: used + 1, used })
  const t = initTRPC.create()
  const router = t.router({
    generate: t.procedure.mutation(() => {
      used += 1
    }),
    billing: t.router({
      balances: t.procedure.query(async () => {
        requests += 1
        const answered = answer()
        await slow
        return answered
      }),
      onBalances: t.procedure.subscription(async function* () {
        while (true) yield await pushed.promise
      }),
    }),
  })
  return {
    router,
    requests: () => requests,
    /** Handles a request like an HTTP server, and sends the balances with the response. */
    fetch: (url: string | URL | Request, init?: RequestInit) =>
      fetchRequestHandler({
        endpoint: '/trpc',
        router,
        // jsdom replaces AbortSignal, and Node's Request rejects the replacement.
        req: new Request(url, { ...init, signal: null }),
        responseMeta: () => ({ headers: { [balancesHeader]: JSON.stringify(answer()) } }),
      }),
    /** Delays the responses to balance queries until the promise resolves. */
    delayBalances(until: Promise<void>) {
      slow = until
    },
    /** Simulates another tab that spends `amount` units. */
    spendElsewhere(amount: number) {
      used += amount
      pushed.resolve(answer())
      pushed = deferred()
    },
  }
}

type Router = ReturnType<typeof aServer>['router']

/** Returns a link that subscribes to the router's balances in this process, without a network. */
const inProcess =
  (router: Router): TRPCLink<Router> =>
  () =>
  () =>
    observable((observer) => {
      let isOpen = true
      const read = async () => {
        for await (const data of await router.createCaller({}).billing.onBalances()) {
          if (isOpen) observer.next({ result: { type: 'data', data } })
        }
      }
      void read()
      return () => {
        isOpen = false
      }
    })

interface Wiring {
  /** The billing router's query key. Default: `[['billing']]`. */
  queryKey?: QueryKey
  /** Wraps the children in the client's own provider and in a BillingProvider. */
  wrap: (children: ReactNode, client: TRPCClient<Router>, queryClient: QueryClient) => ReactNode
  useOwnBalances: () => { data: BalancesAnswer<Meter> | undefined }
  useGenerate: () => { mutateAsync: () => Promise<unknown> }
  useBalance: (meter: Meter) => { data: { used: number } | null | undefined }
}

/**
 * Casts a client whose server has only some of the billing procedures. These tests render no hooks that call
 * the missing procedures.
 */
const billingOf = (client: TRPCClient<Router>) => client.billing as never

function withReactQuery(): Wiring {
  const trpc = createTRPCReact<Router>()
  const { BillingProvider, useBalance } = createBillingHooks<Meter>({ queryKey: getQueryKey(trpc.billing) })
  return {
    wrap: (children, client, queryClient) => (
      <trpc.Provider client={client} queryClient={queryClient}>
        <BillingProvider client={billingOf(client)} customer="anna">
          {children}
        </BillingProvider>
      </trpc.Provider>
    ),
    useOwnBalances: () => trpc.billing.balances.useQuery(),
    useGenerate: () => trpc.generate.useMutation(),
    useBalance,
  }
}

function withTanStackReactQuery(keyPrefix?: string): Wiring {
  const { TRPCProvider, useTRPC } = createTRPCContext<Router, { keyPrefix: boolean }>()
  const queryKey = keyPrefix === undefined ? [['billing']] : [[keyPrefix], ['billing']]
  const { BillingProvider, useBalance } = createBillingHooks<Meter>({ queryKey })
  return {
    wrap: (children, client, queryClient) => (
      // The prop's type depends on a compile-time flag, and this test covers both values of the flag.
      <TRPCProvider trpcClient={client} queryClient={queryClient} keyPrefix={keyPrefix as never}>
        <BillingProvider client={billingOf(client)} customer="anna">
          {children}
        </BillingProvider>
      </TRPCProvider>
    ),
    useOwnBalances() {
      const trpc = useTRPC()
      expect(trpc.billing.pathKey()).toEqual(queryKey)
      return useQuery(trpc.billing.balances.queryOptions())
    },
    useGenerate: () => useMutation(useTRPC().generate.mutationOptions()),
    useBalance,
    queryKey,
  }
}

function withPlainClient(): Wiring {
  const { BillingProvider, useBalance, useBalances } = createBillingHooks<Meter>()
  let client: TRPCClient<Router>
  return {
    wrap(children, plainClient) {
      client = plainClient
      return (
        <BillingProvider client={billingOf(plainClient)} customer="anna">
          {children}
        </BillingProvider>
      )
    },
    useOwnBalances: useBalances,
    useGenerate: () => useMutation({ mutationFn: () => client.generate.mutate() }),
    useBalance,
  }
}

const wirings: [string, () => Wiring][] = [
  ['@trpc/react-query', withReactQuery],
  ['@trpc/tanstack-react-query', () => withTanStackReactQuery()],
  ['a plain client', withPlainClient],
]
// tRPC 11.0 has no key prefixes.
if (process.env.TRPC_VERSION !== '11.0.0')
  wirings.push(['@trpc/tanstack-react-query with a key prefix', () => withTanStackReactQuery('studio')])

describe.each(wirings)('with %s', (_, createWiring) => {
  function setUp() {
    const server = aServer()
    const wiring = createWiring()
    const queryClient = new TanStackQueryClient({ defaultOptions: { queries: { retry: false } } })
    const client = createTRPCClient<Router>({
      links: billingLinks({
        url: 'http://app.test/trpc',
        fetch: server.fetch as never,
        queryClient,
        ...(wiring.queryKey && { queryKey: wiring.queryKey }),
        subscriptionLink: inProcess(server.router),
      }),
    })
    const { result } = renderHook(
      () => ({
        own: wiring.useOwnBalances(),
        balance: wiring.useBalance('generations'),
        generate: wiring.useGenerate(),
      }),
      {
        wrapper: ({ children }) => (
          <QueryClientProvider client={queryClient}>
            {wiring.wrap(children, client, queryClient)}
          </QueryClientProvider>
        ),
      },
    )
    const shown = () => [result.current.own.data?.balances[0]?.used, result.current.balance.data?.used]
    return { server, queryClient, result, shown }
  }

  it('shares one cache entry and one request between the tRPC client’s hook and the library’s hook', async () => {
    const { server, queryClient, shown } = setUp()
    await waitFor(() => expect(shown()).toEqual([0, 0]))
    expect(server.requests()).toBe(1)
    expect(queryClient.getQueryCache().getAll()).toHaveLength(1)
  })

  it('refetches the balances after a mutation', async () => {
    const { server, result, shown } = setUp()
    await waitFor(() => expect(shown()).toEqual([0, 0]))
    await act(() => result.current.generate.mutateAsync())
    await waitFor(() => expect(shown()).toEqual([1, 1]))
    expect(server.requests()).toBe(2)
  })

  it('shows the balances from a mutation’s response without waiting for the refetch', async () => {
    const { server, result, shown } = setUp()
    await waitFor(() => expect(shown()).toEqual([0, 0]))
    const refetch = deferred<void>()
    server.delayBalances(refetch.promise)
    await act(() => result.current.generate.mutateAsync())
    await waitFor(() => expect(shown()).toEqual([1, 1]))
    act(() => refetch.resolve())
  })

  it('keeps the balances from a response when a slow query returns older balances', async () => {
    const { server, queryClient, result, shown } = setUp()
    await waitFor(() => expect(shown()).toEqual([0, 0]))
    const slow = deferred<void>()
    server.delayBalances(slow.promise)
    void queryClient.refetchQueries()
    await waitFor(() => expect(server.requests()).toBe(2))
    server.delayBalances(new Promise(() => {}))
    await act(() => result.current.generate.mutateAsync())
    await waitFor(() => expect(shown()).toEqual([1, 1]))
    await act(async () => slow.resolve())
    expect(shown()).toEqual([1, 1])
  })

  it('keeps showing usage from another tab when an older response arrives', async () => {
    const { server, queryClient, shown } = setUp()
    await waitFor(() => expect(shown()).toEqual([0, 0]))
    act(() => server.spendElsewhere(3))
    await waitFor(() => expect(shown()).toEqual([3, 3]))
    expect(server.requests()).toBe(1)

    const [query] = queryClient.getQueryCache().getAll()
    await act(async () => void query?.setData(anAnswer({ version: 2, used: 1 })))
    expect(query?.state.data).toMatchObject({ version: 4 })
    expect(shown()).toEqual([3, 3])
  })
})
