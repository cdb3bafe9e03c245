import { useQuery } from '@tanstack/react-query'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aClient, anAnswer, hooks, render } from './aBilling.tsx'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const hourMs = 3_600_000
const use = () => ({ books: hooks.useBooks(), balance: hooks.useBalance('generations') })

describe('the books', () => {
  it('are current when Flowglad has just answered, and what it said is installed', async () => {
    const server = aClient({
      refresh: async () => ({ ...anAnswer({ version: 5, used: 1 }), asOf: 7, ageMs: 90 }),
    })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.books.data).toEqual({ current: true, asOf: 7 }))
    expect(result.current.balance.data).toMatchObject({ used: 1, version: 5 })
  })

  it('are not current when a look brings nothing newer, and say from when they are', async () => {
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf: 7, ageMs: hourMs }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.books.data).toEqual({ current: false, asOf: 7 }))
  })

  it('are not current when nothing is known at all', async () => {
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf: null, ageMs: null }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.books.data).toEqual({ current: false, asOf: null }))
  })

  it.each([
    ['a day ahead', 24 * hourMs],
    ['an hour behind', -hourMs],
  ])('are what the server says, on a device whose clock is %s', async (_, skewMs) => {
    const serverNow = Date.now()
    vi.useFakeTimers({ shouldAdvanceTime: true, now: serverNow + skewMs })
    let ageMs = 90
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf: serverNow - ageMs, ageMs }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.books.data).toMatchObject({ current: true }))
    ageMs = hourMs / 2
    await act(() => result.current.books.refetch())
    await waitFor(() => expect(result.current.books.data).toMatchObject({ current: false }))
  })

  it('are looked at again until Flowglad answers; then what it knows is asked for anew', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    let ageMs = hourMs
    const server = aClient({ refresh: async () => ({ ...anAnswer(), ageMs }) })
    const flowglad = vi.fn(async () => ({}))
    const { result } = render(
      () => ({ ...use(), flowglad: useQuery({ queryKey: ['customers/billing'], queryFn: flowglad }) }),
      server,
    )
    await waitFor(() => expect(result.current.books.data?.current).toBe(false))
    expect(flowglad).toHaveBeenCalledTimes(1)

    ageMs = 90
    await act(() => vi.advanceTimersByTimeAsync(8_000))
    await waitFor(() => expect(result.current.books.data?.current).toBe(true))
    await waitFor(() => expect(flowglad).toHaveBeenCalledTimes(2))
    const looks = server.asked('refresh')
    await act(() => vi.advanceTimersByTimeAsync(60_000))
    expect(server.asked('refresh')).toBe(looks)
  })

  it('are nobody’s while nobody is signed in', () => {
    const server = aClient()
    const { result } = render(() => hooks.useBooks(), { ...server, customer: null })
    expect(result.current.fetchStatus).toBe('idle')
    expect(server.asked('refresh')).toBe(0)
  })
})
