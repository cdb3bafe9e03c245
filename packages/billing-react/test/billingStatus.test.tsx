import { useQuery } from '@tanstack/react-query'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aClient, anAnswer, hooks, render } from './aBilling.tsx'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const hourMs = 3_600_000
const use = () => ({ status: hooks.useBillingStatus(), balance: hooks.useBalance('generations') })

describe('useBillingStatus', () => {
  it('reports current data when Flowglad has just responded', async () => {
    const server = aClient({
      refresh: async () => ({ ...anAnswer({ version: 5, used: 1 }), asOf: 7, ageMs: 90 }),
    })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.status.data).toEqual({ current: true, asOf: 7 }))
    expect(result.current.balance.data).toMatchObject({ used: 1, version: 5 })
  })

  it('reports outdated data when Flowglad’s last response is old', async () => {
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf: 7, ageMs: hourMs }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.status.data).toEqual({ current: false, asOf: 7 }))
  })

  it('reports outdated data when Flowglad has never responded', async () => {
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf: null, ageMs: null }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.status.data).toEqual({ current: false, asOf: null }))
  })

  it.each([
    ['a day ahead', 24 * hourMs],
    ['an hour behind', -hourMs],
  ])('uses the server’s clock on a device whose clock is %s', async (_, skewMs) => {
    const serverNow = Date.now()
    vi.useFakeTimers({ shouldAdvanceTime: true, now: serverNow + skewMs })
    let ageMs = 90
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf: serverNow - ageMs, ageMs }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.status.data).toMatchObject({ current: true }))
    ageMs = hourMs / 2
    await act(() => result.current.status.refetch())
    await waitFor(() => expect(result.current.status.data).toMatchObject({ current: false }))
  })

  it('retries until Flowglad responds, then refetches Flowglad’s data', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    let ageMs = hourMs
    const server = aClient({ refresh: async () => ({ ...anAnswer(), ageMs }) })
    const flowglad = vi.fn(async () => ({}))
    const { result } = render(
      () => ({ ...use(), flowglad: useQuery({ queryKey: ['customers/billing'], queryFn: flowglad }) }),
      server,
    )
    await waitFor(() => expect(result.current.status.data?.current).toBe(false))
    expect(flowglad).toHaveBeenCalledTimes(1)

    ageMs = 90
    await act(() => vi.advanceTimersByTimeAsync(8_000))
    await waitFor(() => expect(result.current.status.data?.current).toBe(true))
    await waitFor(() => expect(flowglad).toHaveBeenCalledTimes(2))
    const requests = server.requests('refresh')
    await act(() => vi.advanceTimersByTimeAsync(60_000))
    expect(server.requests('refresh')).toBe(requests)
  })

  it('detects an outage that started shortly before the screen opened', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    let ageMs = 9_000
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf: 7, ageMs }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.status.data).toEqual({ current: true, asOf: 7 }))
    ageMs = 17_000
    await act(() => vi.advanceTimersByTimeAsync(8_000))
    await waitFor(() => expect(result.current.status.data).toEqual({ current: false, asOf: 7 }))
  })

  it('sends no request while signed out', () => {
    const server = aClient()
    const { result } = render(() => hooks.useBillingStatus(), { ...server, customer: null })
    expect(result.current.fetchStatus).toBe('idle')
    expect(server.requests('refresh')).toBe(0)
  })
})
