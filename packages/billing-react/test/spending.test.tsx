import type { UsageRange } from '@metered/billing/client'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aClient, aDenial, anAnswer, deferred, hooks, render } from './aBilling.tsx'

afterEach(cleanup)

const aCharge = (transactionId: string) => ({
  at: 0,
  procedure: 'studio.generate',
  meter: 'generations',
  amount: 1,
  transactionId,
  reference: null,
  priceId: null,
  state: 'delivered',
})

describe('charges', () => {
  it('returns each charge once across all pages', async () => {
    const pages = [
      { charges: [aCharge('c'), aCharge('b')], nextCursor: 'after b' },
      { charges: [aCharge('a')], nextCursor: null },
    ]
    const server = aClient({ charges: async () => pages.shift() })
    const { result } = render(() => hooks.useCharges({ pageSize: 2 }), server)
    await waitFor(() => expect(result.current.hasNextPage).toBe(true))
    await act(() => result.current.fetchNextPage())
    await waitFor(() => expect(result.current.hasNextPage).toBe(false))
    const ids = result.current.data?.pages.flatMap((page) =>
      page.charges.map((charge) => charge.transactionId),
    )
    expect(ids).toEqual(['c', 'b', 'a'])
    expect(server.requests('charges')).toBe(2)
  })
})

describe('usage', () => {
  it('keeps showing the previous range while a new range loads', async () => {
    const week = deferred<unknown>()
    const answers = [Promise.resolve([{ day: '2026-11-22', meter: 'generations', amount: 3 }]), week.promise]
    const server = aClient({ usage: () => answers.shift() ?? week.promise })
    let days = 30
    const { result, rerender } = render(() => hooks.useUsage({ days }), server)
    await waitFor(() => expect(result.current.data).toHaveLength(1))
    days = 7
    rerender()
    expect(result.current).toMatchObject({ isPlaceholderData: true, data: [{ amount: 3 }] })
    await act(async () => week.resolve([]))
    await waitFor(() => expect(result.current.data).toEqual([]))
  })

  it('caches each range separately', async () => {
    const server = aClient()
    const asked: UsageRange[] = []
    vi.spyOn(server.client.usage, 'query').mockImplementation(async (input) => {
      asked.push(input)
      return [{ day: '2026-11-22', meter: 'generations', amount: asked.length }]
    })
    let range: UsageRange | undefined
    const { result, rerender } = render(() => hooks.useUsage(range), server)
    const expectAmount = (amount: number) =>
      waitFor(() => expect(result.current).toMatchObject({ isPlaceholderData: false, data: [{ amount }] }))
    await expectAmount(1)
    const november = { from: '2026-11-01', to: '2026-11-30' }
    const ranges = [{ days: 7 }, november, { from: '2026-11-01' }, { from: '2026-10-01', to: '2026-11-30' }]
    for (const [index, next] of ranges.entries()) {
      range = next
      rerender()
      await expectAmount(index + 2)
    }
    expect(asked).toEqual([{ days: 30 }, ...ranges])
    range = { from: '2026-11-01', to: '2026-11-30' }
    rerender()
    expect(result.current).toMatchObject({ isPlaceholderData: false, data: [{ amount: 3 }] })
  })
})

describe('usage by dimension', () => {
  it('requests one dimension, and keeps the values of a range while another range loads', async () => {
    const week = deferred<unknown>()
    const row = { day: '2026-11-22', meter: 'generations', value: 'small', amount: 3 }
    const { client, ...server } = aClient({ usage: async () => (days === 30 ? [row] : week.promise) })
    const query = vi.spyOn(client.usage, 'query')
    let days = 30
    const { result, rerender } = render(() => hooks.useUsage({ days, by: 'model' }), { ...server, client })
    await waitFor(() => expect(result.current.data).toEqual([row]))
    expect(query).toHaveBeenLastCalledWith({ days: 30, by: 'model' }, expect.anything())
    days = 7
    rerender()
    expect(result.current).toMatchObject({ isPlaceholderData: true, data: [row] })
    await act(async () => week.resolve([]))
    await waitFor(() => expect(result.current.data).toEqual([]))
  })

  it('hides the values of the previous dimension while a different dimension loads', async () => {
    const server = aClient({
      usage: async () => [{ day: '2026-11-22', meter: 'generations', value: 'small', amount: 3 }],
    })
    let by: 'member' | 'model' = 'model'
    const { result, rerender } = render(() => hooks.useUsage({ by }), server)
    await waitFor(() => expect(result.current.data).toHaveLength(1))
    by = 'member'
    rerender()
    expect(result.current.data).toBeUndefined()
    await waitFor(() => expect(result.current.data).toHaveLength(1))
    expect(server.requests('usage')).toBe(2)
  })

  it('shares the cache entry of tRPC’s own hook for usage without a dimension', async () => {
    const server = aClient()
    const { queryClient } = render(() => hooks.useUsage({ days: 7 }), server)
    await waitFor(() => expect(server.requests('usage')).toBe(1))
    const keys = queryClient.getQueryCache().findAll({ queryKey: [['billing', 'usage']] })
    expect(keys.map(({ queryKey }) => queryKey)).toStrictEqual([
      [['billing', 'usage'], { input: { days: 7 }, type: 'query' }],
    ])
  })
})

describe('the plan', () => {
  it('is null without a subscription and undefined while loading', async () => {
    const answer = deferred<unknown>()
    const server = aClient({ balances: () => answer.promise })
    const { result } = render(() => hooks.usePlan(), server)
    expect(result.current.data).toBeUndefined()
    await act(async () => answer.resolve({ ...anAnswer(), plan: null }))
    await waitFor(() => expect(result.current.data).toBeNull())
  })
})

describe('mutations', () => {
  it('sends {} for a mutation without input, because servers reject an empty body', async () => {
    const { client } = aClient()
    const mutations = [client.cancel, client.resume, client.refresh]
    const sent = mutations.map((mutation) => vi.spyOn(mutation, 'mutate'))
    const { result } = render(
      () => [hooks.useCancelPlan(), hooks.useResumePlan(), hooks.useRefreshBalances()] as const,
      { client },
    )
    await act(() => Promise.all(result.current.map(({ mutateAsync }) => mutateAsync())))
    expect(sent.map(({ mock }) => mock.calls[0]?.[0])).toEqual([{}, {}, {}])
  })
})

describe('a checkout', () => {
  it('returns the checkout page’s URL and the forfeited units', async () => {
    const server = aClient()
    const { result } = render(() => hooks.useCheckout(), server)
    await act(() => result.current.mutateAsync({ priceSlug: 'pro_monthly' }))
    await waitFor(() => expect(result.current.data).toEqual({ url: 'https://checkout.test/1', forfeits: [] }))
  })

  /** Renders the hooks of two buttons. `order` calls one hook for each order. `keys` lists the calls' keys. */
  function renderCheckout(answers: (() => Promise<unknown>)[]) {
    const keys: unknown[] = []
    const { client } = aClient()
    vi.spyOn(client.checkout, 'mutate').mockImplementation(async (_, call) => {
      keys.push(call?.context?.idempotencyKey)
      await answers[keys.length - 1]?.()
      return { url: 'https://checkout.test/1', forfeits: [] }
    })
    const { result } = render(() => [hooks.useCheckout(), hooks.useCheckout()], { client })
    return {
      keys,
      order: (...orders: { priceSlug: string; quantity?: number }[]) =>
        act(() => Promise.allSettled(orders.map((order, n) => result.current[n]?.mutateAsync(order)))),
    }
  }
  const paid = () => Promise.reject(aDenial({ code: 'ALREADY_COMPLETED', key: 'k' }))

  it('keeps the key of a repeated order, even after a lost response or a click on another button', async () => {
    const { keys, order } = renderCheckout([() => Promise.reject(new Error('lost'))])
    await order({ priceSlug: 'pack' })
    await order({ priceSlug: 'pack' }, { priceSlug: 'pack', quantity: 1 })
    expect(keys).toEqual([expect.any(String), keys[0], keys[0]])
    await order({ priceSlug: 'pack', quantity: 2 })
    await order({ priceSlug: 'pro_monthly' })
    expect(new Set(keys).size).toBe(3)
  })

  it('uses one new key for concurrent orders after the customer has paid on the earlier checkout page', async () => {
    const { keys, order } = renderCheckout([async () => 'open', paid, paid])
    await order({ priceSlug: 'pack' })
    await order({ priceSlug: 'pack' }, { priceSlug: 'pack' })
    const [first, , , next] = keys
    expect(next).not.toBe(first)
    expect(keys).toEqual([first, first, first, next, next])
  })

  it('returns the client’s error unchanged when the call is denied', async () => {
    const denial = aDenial({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 2_000 })
    const server = aClient({ checkout: () => Promise.reject(denial) })
    const { result } = render(() => hooks.useCheckout(), server)
    act(() => result.current.mutate({ priceSlug: 'pro_monthly' }))
    await waitFor(() => expect(result.current.error).toBe(denial))
    expect(result.current.data).toBeUndefined()
  })
})

describe('plan changes', () => {
  afterEach(() => vi.useRealTimers())

  it('refetches the preview of a plan change every minute, because the charge depends on the time', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aClient()
    render(() => hooks.useChangePreview('pro_monthly'), server)
    await waitFor(() => expect(server.requests('previewChange')).toBe(1))
    await act(() => vi.advanceTimersByTimeAsync(60_000))
    expect(server.requests('previewChange')).toBe(2)
  })
})
