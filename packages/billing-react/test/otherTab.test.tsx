// The user has switched to another organization in another tab, so the session's customer has changed.
import type { BalancesAnswer, UsageDay } from '@metered/billing/client'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aClient, anAnswer, deferred, hooks, type Meter, render } from './aBilling.tsx'
import { aLinkedPage } from './aLinkedPage.tsx'

const warn = vi.spyOn(console, 'warn')

beforeEach(() => {
  warn.mockReset()
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const ofAnna = anAnswer({ customer: 'anna', version: 50, used: 9 })
const ofBen = anAnswer({ customer: 'ben', version: 3, used: 1, plan: 'Pro' })

/** A server whose session belongs to Anna until `switchTo` is called. */
function aServer() {
  let session = ofAnna
  const client = aClient({
    balances: async () => session,
    refresh: async () => ({ ...session, ageMs: 0 }),
    usage: async () => [{ day: session.customer }],
  })
  return {
    ...client,
    switchTo(answer: BalancesAnswer<Meter>) {
      session = answer
    },
    /** Pushes the balances of the session's customer through the newest stream. */
    pushCurrent: () => client.push({ ...session }),
  }
}

const use = () => ({
  balance: hooks.useBalance('generations'),
  plan: hooks.usePlan(),
  usage: hooks.useUsage(),
  refresh: hooks.useRefreshBalances(),
})
type Shown = { current: ReturnType<typeof use> }

const shownIn = ({ current }: Shown) => [
  current.balance.data?.used,
  current.plan.data?.name,
  current.usage.data?.[0]?.day,
]

/** Renders Anna's page and waits until it shows the balances from its stream. */
async function annasPage(server: ReturnType<typeof aServer>) {
  const page = render(use, server)
  await server.pushCurrent()
  await waitFor(() => expect(shownIn(page.result)).toEqual([9, 'Free', 'anna']))
  return page
}

const showsBen = ({ result }: { result: Shown }) =>
  waitFor(() => expect(shownIn(result)).toEqual([1, 'Pro', 'ben']))

describe('new customer', () => {
  it('shows the new customer’s data when the stream reconnects', async () => {
    const server = aServer()
    const page = await annasPage(server)
    server.switchTo(ofBen)
    await server.connection('connecting')
    await server.pushCurrent()
    await showsBen(page)
  })

  it('shows the new customer’s data when the balances are fetched', async () => {
    const server = aServer()
    const page = await annasPage(server)
    server.switchTo(ofBen)
    await act(() => page.result.current.balance.refetch())
    await showsBen(page)
    expect(page.result.current.balance.error).toBeNull()
  })

  it('shows the new customer’s data when the balances are refreshed', async () => {
    const server = aServer()
    const page = await annasPage(server)
    server.switchTo(ofBen)
    await act(() => page.result.current.refresh.mutateAsync())
    await showsBen(page)
  })

  it('shows the new customer’s data when the window gains focus', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aServer()
    const page = await annasPage(server)
    server.switchTo(ofBen)
    await act(() => vi.advanceTimersByTimeAsync(10_000))
    act(() => void window.dispatchEvent(new Event('focus')))
    await server.pushCurrent()
    await showsBen(page)
  })

  it('shows the new customer’s data when the window gains focus, even without a stream', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const server = aServer()
    const page = render(use, server)
    await waitFor(() => expect(shownIn(page.result)).toEqual([9, 'Free', 'anna']))
    server.switchTo(ofBen)
    await act(() => vi.advanceTimersByTimeAsync(10_000))
    act(() => void window.dispatchEvent(new Event('focus')))
    await showsBen(page)
  })

  it('never shows the old customer’s numbers after the new customer’s', async () => {
    const server = aServer()
    const page = await annasPage(server)
    const seen: unknown[] = []
    const stop = page.queryClient
      .getQueryCache()
      .subscribe(() => seen.push(page.queryClient.getQueryData([['billing', 'balances'], { type: 'query' }])))
    server.switchTo(ofBen)
    await server.connection('connecting')
    await server.pushCurrent()
    await showsBen(page)
    stop()
    const from = seen.findIndex((answer) => (answer as BalancesAnswer | undefined)?.customer === 'ben')
    expect(JSON.stringify(seen.slice(from))).not.toContain('anna')
  })
})

it('fetches the new customer’s usage once and takes the balances from the stream', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const server = aServer()
  const page = await annasPage(server)
  const before = [server.requests('balances'), server.requests('usage')]
  server.switchTo(ofBen)
  await server.connection('connecting')
  await server.pushCurrent()
  await showsBen(page)
  await server.pushCurrent()
  await act(() => vi.advanceTimersByTimeAsync(10 * 60_000))
  expect(server.openStreams()).toBe(1)
  expect([server.requests('balances'), server.requests('usage')]).toEqual([before[0], (before[1] ?? 0) + 1])
  await server.push({ ...ofBen, version: 4, balances: anAnswer({ version: 4, used: 2 }).balances })
  await waitFor(() => expect(page.result.current.balance.data?.used).toBe(2))
  expect(warn).not.toHaveBeenCalled()
})

it('shows none of the old customer’s data while the new customer’s usage is loading', async () => {
  const server = aServer()
  const loading = deferred<UsageDay<Meter>[]>()
  const page = await annasPage(server)
  server.client.usage.query = () => loading.promise
  server.switchTo(ofBen)
  await act(() => page.result.current.balance.refetch())
  await waitFor(() => expect(shownIn(page.result)).toEqual([1, 'Pro', undefined]))
})

it('keeps the components mounted and calls onCustomerChange when the customer changes', async () => {
  const server = aServer()
  const onCustomerChange = vi.fn()
  const page = render(use, { ...server, onCustomerChange })
  await server.pushCurrent()
  await waitFor(() => expect(shownIn(page.result)).toEqual([9, 'Free', 'anna']))
  const { refresh } = page.result.current
  server.switchTo(ofBen)
  await act(() => refresh.mutateAsync())
  await showsBen(page)
  // A remounted component would have lost its mutation's result.
  expect(page.result.current.refresh.data).toMatchObject({ customer: 'ben' })
  expect(onCustomerChange.mock.calls).toEqual([['ben']])

  const requests = server.requests('usage')
  page.signIn('ben')
  await showsBen(page)
  expect(page.result.current.refresh.data).toMatchObject({ customer: 'ben' })
  expect(server.requests('usage')).toBe(requests)
})

it('shows the first customer again when the session switches back', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const server = aServer()
  const page = await annasPage(server)
  server.switchTo(ofBen)
  await act(() => page.result.current.balance.refetch())
  await showsBen(page)
  await act(() => vi.advanceTimersByTimeAsync(10_000))
  server.switchTo(ofAnna)
  await act(() => page.result.current.balance.refetch())
  await waitFor(() => expect(shownIn(page.result)).toEqual([9, 'Free', 'anna']))
})

it('does not refetch endlessly if the stream and the queries have different sessions', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  warn.mockReturnValue()
  const server = aServer()
  const { result } = render(use, server)
  await waitFor(() => expect(shownIn(result)).toEqual([9, 'Free', 'anna']))
  await server.push({ ...ofBen })
  await server.push({ ...ofBen })
  await act(() => vi.advanceTimersByTimeAsync(10 * 60_000))
  expect(server.requests('balances')).toBeLessThan(5)
  expect(server.requests('usage')).toBeLessThan(5)
})

describe('with billingLinks', () => {
  it('shows the new customer’s balances from the response to a call', async () => {
    const page = aLinkedPage(ofAnna)
    await waitFor(() => expect(page.shown()).toEqual([9, 9]))
    page.answer(ofBen)
    await act(() => page.client.generate.mutate())
    await waitFor(() => expect(page.shown()).toEqual([1, 1]))
  })

  it('shows the new customer’s balances when the app’s own query fetches them', async () => {
    const page = aLinkedPage(ofAnna)
    await waitFor(() => expect(page.shown()).toEqual([9, 9]))
    const errors: unknown[] = []
    page.answer(ofBen)
    await act(async () => errors.push((await page.result.current.own.refetch()).error))
    await waitFor(() => expect(page.shown()).toEqual([1, 1]))
    expect([...errors, page.result.current.balance.error]).toEqual([null, null])
    expect(warn).not.toHaveBeenCalled()
  })

  it('ignores a late response to the old customer’s call', async () => {
    const page = aLinkedPage(ofAnna)
    await waitFor(() => expect(page.shown()).toEqual([9, 9]))
    const late = deferred<void>()
    page.delayUntil(late.promise)
    const slow = page.client.generate.mutate()
    await act(async () => {})
    page.delayUntil(undefined)
    page.answer(ofBen)
    await act(() => page.client.generate.mutate())
    await waitFor(() => expect(page.shown()).toEqual([1, 1]))
    late.resolve()
    await act(() => slow)
    expect(page.shown()).toEqual([1, 1])
    expect(warn).not.toHaveBeenCalled()
  })
})
