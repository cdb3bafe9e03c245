import type { BalancesAnswer } from '@metered/billing/client'
import { QueryClient, useMutation, useQuery } from '@tanstack/react-query'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aClient, anAnswer, deferred, hooks, type Meter, render } from './aBilling.tsx'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const show = (state: DocumentVisibilityState) => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  act(() => void document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
}

describe('cached balances', () => {
  it('keeps the newest balances when a slow query responds last', async () => {
    const slow = deferred<BalancesAnswer<Meter>>()
    const server = aClient({ balances: () => slow.promise })
    const { result, queryClient } = render(() => hooks.useBalance('generations'), server)
    await waitFor(() => expect(server.requests('balances')).toBe(1))

    act(() => hooks.installBalances(queryClient, anAnswer({ version: 7, used: 5 })))
    await act(async () => slow.resolve(anAnswer({ version: 6, used: 4 })))

    await waitFor(() => expect(result.current.fetchStatus).toBe('idle'))
    expect(result.current.data).toMatchObject({ used: 5, version: 7 })
  })

  it('keeps the newest balances when an older response header arrives last', async () => {
    const server = aClient({ balances: async () => anAnswer({ version: 6, used: 4 }) })
    const { result, queryClient } = render(() => hooks.useBalance('generations'), server)
    await waitFor(() => expect(result.current.data?.used).toBe(4))

    act(() => hooks.installBalances(queryClient, anAnswer({ version: 5, used: 3 })))
    expect(result.current.data).toMatchObject({ used: 4, version: 6 })
  })

  it('keeps the newest balances when the stream pushes older balances', async () => {
    const server = aClient()
    const { result, queryClient } = render(() => hooks.useBalance('generations'), server)
    await server.push(anAnswer({ version: 7, used: 6 }))
    act(() => hooks.installBalances(queryClient, anAnswer({ version: 9, used: 8 })))
    await server.push(anAnswer({ version: 8, used: 7 }))
    await waitFor(() => expect(result.current.data).toMatchObject({ used: 8, version: 9 }))
  })

  it('keeps the more recently confirmed balances if two versions are equal', async () => {
    const server = aClient()
    const { result, queryClient } = render(() => hooks.useBalances(), server)
    await server.push({ ...anAnswer({ version: 7 }), asOf: 100 })
    act(() => hooks.installBalances(queryClient, { ...anAnswer({ version: 7 }), asOf: 50 }))
    await waitFor(() => expect(result.current.data).toMatchObject({ version: 7, asOf: 100 }))
  })

  it('keeps the stream’s balances when a slow query fails', async () => {
    const slow = deferred<void>()
    const fail = () => Promise.reject(new Error('503'))
    const server = aClient({ balances: () => slow.promise.then(fail) })
    const { result } = render(() => hooks.useBalance('generations'), server)
    await waitFor(() => expect(server.requests('balances')).toBe(1))
    await server.push(anAnswer({ version: 7, used: 5 }))
    await act(async () => slow.resolve())
    await waitFor(() => expect(result.current.fetchStatus).toBe('idle'))
    expect(result.current).toMatchObject({ status: 'success', error: null, data: { used: 5 } })
  })

  it('returns null for a meter that the customer’s plan does not have', async () => {
    const server = aClient()
    const { result } = render(() => hooks.useBalance('tokens'), server)
    await waitFor(() => expect(result.current.data).toBeNull())
  })
})

describe('fetching balances', () => {
  it('sends one request for all hooks on a screen', async () => {
    const server = aClient()
    const { result } = render(
      () =>
        [
          hooks.useBalance('generations'),
          hooks.useBalances(),
          hooks.usePlan(),
          hooks.usePaywall('tokens'),
        ] as const,
      server,
    )
    await waitFor(() => expect(result.current[2].data?.name).toBe('Free'))
    expect(server.requests('balances')).toBe(1)
  })

  it('sends no request after a mutation or a rerender while the stream delivers balances', async () => {
    const server = aClient()
    const { result, rerender } = render(
      () => ({ balance: hooks.useBalance('generations'), checkout: hooks.useCheckout() }),
      server,
    )
    await server.push(anAnswer({ version: 2 }))
    await waitFor(() => expect(result.current.balance.fetchStatus).toBe('idle'))
    const before = server.requests('balances')

    await act(() => result.current.checkout.mutateAsync({ priceSlug: 'pro_monthly' }))
    rerender()
    expect(server.requests('balances')).toBe(before)
  })

  it('does not retry a failed request once the stream delivers balances', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aClient({ balances: () => Promise.reject(new Error('lost')) })
    render(() => hooks.useBalances(), server, new QueryClient())
    await waitFor(() => expect(server.requests('balances')).toBe(1))
    await server.push(anAnswer({ version: 7 }))
    await act(() => vi.advanceTimersByTimeAsync(10_000))
    expect(server.requests('balances')).toBe(1)
  })

  it('fetches balances while the stream is open but silent', async () => {
    const server = aClient()
    const { result } = render(() => hooks.useBalance('generations'), server)
    await server.connection('pending')
    await waitFor(() => expect(result.current.isSuccess).toBe(true))
    expect(server.requests('balances')).toBe(1)
  })

  it('reopens the stream after it breaks', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aClient()
    const { result } = render(() => hooks.useBalance('generations'), server)
    await server.push(anAnswer({ version: 2, used: 5 }))
    await server.breakStream()
    expect(server.openStreams()).toBe(0)

    await act(() => vi.advanceTimersByTimeAsync(1_000))
    expect(server.openStreams()).toBe(1)
    await server.push(anAnswer({ version: 3, used: 6 }))
    await waitFor(() => expect(result.current.data?.used).toBe(6))
  })

  it('reopens the stream at increasing intervals after the session has ended', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aClient()
    let opened = 0
    const onBalances: typeof server.client.onBalances = {
      subscribe(input, events) {
        opened++
        queueMicrotask(() => events.onError(new Error('401')))
        return server.client.onBalances.subscribe(input, events)
      },
    }
    render(() => hooks.useBalances(), { client: { ...server.client, onBalances } })
    await act(() => vi.advanceTimersByTimeAsync(600_000))
    expect(opened).toBeLessThanOrEqual(25)
    expect(server.openStreams()).toBe(0)
  })

  it('sends no request while signed out', async () => {
    const server = aClient()
    const { result } = render(() => [hooks.useBalances(), hooks.useUsage(), hooks.useCharges()] as const, {
      ...server,
      customer: null,
    })
    expect(result.current.map((query) => query.fetchStatus)).toEqual(['idle', 'idle', 'idle'])
    expect(server.openStreams()).toBe(0)
  })

  it('keeps the stream open only while the page is visible', async () => {
    const server = aClient()
    render(() => hooks.useBalances(), server)
    show('hidden')
    expect(server.openStreams()).toBe(0)
    show('visible')
    expect(server.openStreams()).toBe(1)
  })

  it('sends one request when a hidden page becomes visible before its stream has sent data', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aClient()
    render(() => hooks.useBalances(), server)
    await server.push(anAnswer({ version: 2 }))
    await act(() => vi.advanceTimersByTimeAsync(60_000))
    const before = server.requests('balances')

    show('hidden')
    await act(() => vi.advanceTimersByTimeAsync(60_000))
    expect(server.requests('balances')).toBe(before)
    show('visible')
    await act(() => vi.advanceTimersByTimeAsync(60_000))
    expect(server.requests('balances')).toBe(before + 1)
  })
})

describe('mutations', () => {
  const use = () => ({
    balance: hooks.useBalance('generations'),
    charges: hooks.useCharges(),
    flowglad: useQuery({ queryKey: ['customers/billing'], queryFn: flowglad }),
    work: useMutation({ mutationFn: (work: () => Promise<void>) => work() }),
  })
  const flowglad = vi.fn(async () => ({}))

  it.each([
    ['succeeds', async () => {}],
    // A denial may be the first sign of an outdated balance.
    ['fails', () => Promise.reject(new Error('402'))],
  ])('refetches balances, charges and Flowglad’s data after a mutation that %s', async (_, work) => {
    const server = aClient()
    flowglad.mockClear().mockResolvedValue({})
    const { result } = render(use, server)
    await waitFor(() =>
      expect(result.current.flowglad.isSuccess && result.current.balance.isSuccess).toBe(true),
    )
    const before = [server.requests('balances'), server.requests('charges'), flowglad.mock.calls.length]

    await act(() => result.current.work.mutateAsync(work).catch(() => {}))
    await waitFor(() =>
      expect([server.requests('balances'), server.requests('charges'), flowglad.mock.calls.length]).toEqual(
        before.map((times) => times + 1),
      ),
    )
  })
})

describe('other tabs', () => {
  it('refetches only the queries that usage in another tab affects', async () => {
    const server = aClient()
    const flowglad = vi.fn(async () => ({}))
    const { result } = render(
      () => ({
        usage: hooks.useUsage(),
        charges: hooks.useCharges(),
        // Usage can change what a plan change charges.
        preview: hooks.useChangePreview('pro_monthly'),
        flowglad: useQuery({ queryKey: ['customers/billing'], queryFn: flowglad }),
      }),
      server,
    )
    await waitFor(() => {
      const { usage, charges, preview } = result.current
      expect([usage, charges, preview].every(({ isSuccess }) => isSuccess)).toBe(true)
    })
    await server.push(anAnswer({ version: 2 }))
    await server.push(anAnswer({ version: 3, used: 5 }))
    const names = ['usage', 'charges', 'previewChange'] as const
    await waitFor(() => expect(names.map(server.requests)).toEqual([2, 2, 2]))
    expect(flowglad).toHaveBeenCalledTimes(1)

    await server.push(anAnswer({ version: 4, used: 0, limit: 500, plan: 'Pro' }))
    await waitFor(() => expect(flowglad).toHaveBeenCalledTimes(2))
  })
})

describe('useRefreshBalances', () => {
  it('stores and returns the server’s balances', async () => {
    const pro = anAnswer({ version: 5, limit: 500, plan: 'Pro' })
    const server = aClient({ refresh: async () => ({ ...pro, ageMs: 90 }) })
    const { result } = render(
      () => ({ balances: hooks.useBalances(), refresh: hooks.useRefreshBalances() }),
      server,
    )
    await server.push(anAnswer({ version: 2 }))
    await act(() => result.current.refresh.mutateAsync())
    await waitFor(() => expect(result.current.balances.data).toEqual(pro))
    expect(result.current.refresh.data).toEqual({ ...pro, ageMs: 90 })
  })
})
