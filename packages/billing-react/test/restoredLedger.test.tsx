// The ledger was restored from a backup, so the server's versions are lower than the page's.
import type { BalancesAnswer } from '@metered/billing/client'
import { type DehydratedState, hydrate, QueryClient } from '@tanstack/react-query'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aClient, anAnswer, deferred, hooks, type Meter, render } from './aBilling.tsx'
import { aLinkedPage } from './aLinkedPage.tsx'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const exhausted = anAnswer({ version: 100, used: 10 })
const restored = anAnswer({ version: 3, used: 2 })

/** Renders a page that shows the balances from before the ledger was restored. */
async function anOpenPage(server: ReturnType<typeof aClient>) {
  const page = render(
    () => ({ balance: hooks.useBalance('generations'), refresh: hooks.useRefreshBalances() }),
    server,
  )
  await server.push(exhausted)
  await waitFor(() => expect(page.result.current.balance.data?.status).toBe('exhausted'))
  return page
}

interface Page {
  result: { current: { balance: ReturnType<typeof hooks.useBalance> } }
}

const showsRestored = ({ result }: Page) =>
  waitFor(() => expect(result.current.balance.data).toMatchObject({ version: 3, used: 2, status: 'ok' }))

describe('open pages', () => {
  it('shows the restored balances when the stream reconnects', async () => {
    const server = aClient()
    const page = await anOpenPage(server)
    await server.connection('connecting')
    await server.push(restored)
    await showsRestored(page)
  })

  it('shows the restored balances when the stream is reopened after an error', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aClient({ balances: () => Promise.reject(new Error('502')) })
    const page = await anOpenPage(server)
    await server.breakStream()
    await act(() => vi.advanceTimersByTimeAsync(1_000))
    await server.push(restored)
    await showsRestored(page)
  })

  it('shows the restored balances when the stream stays open while the database is restored', async () => {
    const server = aClient()
    const page = await anOpenPage(server)
    await server.push(restored)
    await showsRestored(page)
    await server.push(anAnswer({ version: 4, used: 3 }))
    await waitFor(() => expect(page.result.current.balance.data).toMatchObject({ version: 4, used: 3 }))
  })

  it('shows the restored balances when the balances are fetched', async () => {
    const server = aClient({ balances: async () => restored })
    const page = await anOpenPage(server)
    await act(() => page.result.current.balance.refetch())
    await showsRestored(page)
  })

  it('shows the restored balances when the balances are refreshed', async () => {
    const server = aClient({ refresh: async () => ({ ...restored, ageMs: 0 }) })
    const page = await anOpenPage(server)
    await act(() => page.result.current.refresh.mutateAsync())
    await showsRestored(page)
  })

  it('shows the restored balances even if the versions are equal', async () => {
    const server = aClient({ balances: async () => ({ ...anAnswer({ version: 100, used: 2 }), asOf: -1 }) })
    const page = await anOpenPage(server)
    await act(() => page.result.current.balance.refetch())
    await waitFor(() => expect(page.result.current.balance.data?.used).toBe(2))
  })

  it('shows the restored balances when the earlier balances come from storage', async () => {
    const server = aClient({ balances: async () => restored })
    const queryClient = new QueryClient()
    hydrate(queryClient, persisted(exhausted))
    const page = render(() => ({ balance: hooks.useBalance('generations') }), server, queryClient)
    expect(page.result.current.balance.data).toMatchObject({ version: 100 })
    await act(() => page.result.current.balance.refetch())
    await showsRestored(page)
  })
})

it('keeps balances from storage that are newer than the response to an earlier request', async () => {
  const late = deferred<BalancesAnswer<Meter>>()
  const server = aClient({ balances: () => late.promise })
  const { result, queryClient } = render(() => hooks.useBalance('generations'), server)
  await waitFor(() => expect(server.requests('balances')).toBe(1))
  act(() => hydrate(queryClient, persisted(anAnswer({ version: 9, used: 8 }))))
  await act(async () => late.resolve(anAnswer({ version: 8, used: 7 })))
  await waitFor(() => expect(result.current.data).toMatchObject({ version: 9, used: 8 }))
})

it('keeps newer balances while older responses to earlier requests arrive in any order', async () => {
  const answers = [deferred<BalancesAnswer<Meter>>(), deferred<BalancesAnswer<Meter>>()]
  const next = answers.values()
  const server = aClient({ balances: async () => next.next().value?.promise })
  const { result } = render(() => hooks.useBalance('generations'), server)
  await waitFor(() => expect(server.requests('balances')).toBe(1))
  await server.push(anAnswer({ version: 7, used: 5 }))
  await act(async () => answers[0]?.resolve(anAnswer({ version: 6, used: 4 })))
  await waitFor(() => expect(result.current.fetchStatus).toBe('idle'))
  expect(result.current.data).toMatchObject({ version: 7, used: 5 })

  act(() => void result.current.refetch())
  await waitFor(() => expect(server.requests('balances')).toBe(2))
  await server.push(anAnswer({ version: 9, used: 7 }))
  await act(async () => answers[1]?.resolve(anAnswer({ version: 8, used: 6 })))
  await waitFor(() => expect(result.current.fetchStatus).toBe('idle'))
  expect(result.current.data).toMatchObject({ version: 9, used: 7 })
})

describe('with billingLinks', () => {
  it('shows the restored balances from the response to a call', async () => {
    const page = aLinkedPage(exhausted)
    await waitFor(() => expect(page.shown()).toEqual([10, 10]))
    await act(() => page.client.generate.mutate())
    page.answer(restored)
    await act(() => page.client.generate.mutate())
    await waitFor(() => expect(page.shown()).toEqual([2, 2]))
    expect(page.kept()).toBe(3)
  })

  it('shows the restored balances in the app’s own query', async () => {
    const page = aLinkedPage(exhausted)
    await waitFor(() => expect(page.shown()).toEqual([10, 10]))
    page.answer(restored)
    await act(() => page.result.current.own.refetch())
    await waitFor(() => expect(page.shown()).toEqual([2, 2]))
  })

  it('keeps newer balances when the response to an earlier call arrives late', async () => {
    const page = aLinkedPage(exhausted)
    await waitFor(() => expect(page.shown()).toEqual([10, 10]))
    const late = deferred<void>()
    page.delayUntil(late.promise)
    page.answer(anAnswer({ version: 101, used: 11 }))
    const slow = page.client.generate.mutate()
    await act(async () => {})
    page.delayUntil(undefined)
    page.answer(anAnswer({ version: 102, used: 12 }))
    await act(() => page.client.generate.mutate())
    await waitFor(() => expect(page.shown()).toEqual([12, 12]))
    late.resolve()
    await act(() => slow)
    expect(page.shown()).toEqual([12, 12])
    expect(page.kept()).toBe(102)
  })
})

/** Returns a cache's content, serialized as apps store it and as server rendering sends it. */
function persisted(answer: BalancesAnswer<Meter>): DehydratedState {
  const queryKey = [['billing', 'balances'], { type: 'query' }]
  return {
    mutations: [],
    queries: [
      {
        queryKey,
        queryHash: JSON.stringify(queryKey),
        dehydratedAt: Date.now(),
        state: {
          data: answer,
          dataUpdateCount: 1,
          dataUpdatedAt: Date.now() - 1_000,
          error: null,
          errorUpdateCount: 0,
          errorUpdatedAt: 0,
          fetchFailureCount: 0,
          fetchFailureReason: null,
          fetchMeta: null,
          fetchStatus: 'idle',
          isInvalidated: false,
          status: 'success',
        },
      },
    ],
  }
}
