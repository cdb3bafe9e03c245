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
    const asOf = Date.now()
    const server = aClient({ refresh: async () => ({ ...anAnswer({ version: 5, used: 1 }), asOf }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.books.data).toEqual({ current: true, asOf }))
    expect(result.current.balance.data).toMatchObject({ used: 1, version: 5 })
  })

  it('are not current when a look brings nothing newer, and say from when they are', async () => {
    const asOf = Date.now() - hourMs
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf }) })
    const { result } = render(use, server)
    await waitFor(() => expect(result.current.books.data).toEqual({ current: false, asOf }))
  })

  it('are current whatever the clock of this device says, when a look brings something newer', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true, now: Date.now() + 24 * hourMs })
    const server = aClient({ refresh: async () => ({ ...anAnswer({ version: 3 }), asOf: 2_000 }) })
    const { result, queryClient } = render(() => hooks.useBalances(), server)
    await server.push({ ...anAnswer({ version: 2 }), asOf: 1_000 })
    await waitFor(() => expect(result.current.data?.asOf).toBe(1_000))
    const books = render(() => hooks.useBooks(), server, queryClient)
    await waitFor(() => expect(books.result.current.data).toEqual({ current: true, asOf: 2_000 }))
  })

  it('are looked at again until Flowglad answers; then what it knows is asked for anew', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    let asOf = Date.now() - hourMs
    const server = aClient({ refresh: async () => ({ ...anAnswer(), asOf }) })
    const flowglad = vi.fn(async () => ({}))
    const { result } = render(
      () => ({ ...use(), flowglad: useQuery({ queryKey: ['customers/billing'], queryFn: flowglad }) }),
      server,
    )
    await waitFor(() => expect(result.current.books.data?.current).toBe(false))
    expect(flowglad).toHaveBeenCalledTimes(1)

    asOf = Date.now()
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
