import { QueryClient, useQuery } from '@tanstack/react-query'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { aClient, anAnswer, hooks, render } from './aBilling.tsx'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

/** A server whose customer ID differs from the app's. */
function aServerOf(customer: string) {
  const answer = anAnswer({ customer })
  return {
    ...aClient({ balances: async () => answer, refresh: async () => ({ ...answer, ageMs: 0 }) }),
    answer,
  }
}
const message = (given: string, answered: string) =>
  `BillingProvider was given customer "${given}", but the server returned data for "${answered}". Pass the ID that the \`customer\` option of createBilling returns.`

it('logs one warning with instructions if fetched and pushed balances are for another customer', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const server = aServerOf('org-1')
  const { result, rerender } = render(() => [hooks.useBalance('generations'), hooks.usePlan()] as const, {
    ...server,
    customer: 'user-1',
  })
  await waitFor(() => expect(result.current.every((query) => query.isError)).toBe(true))
  await server.push(server.answer)
  await server.push(server.answer)
  rerender()
  expect(warn.mock.calls).toEqual([[message('user-1', 'org-1')]])
  expect(result.current[0]).toMatchObject({
    data: undefined,
    error: { message: message('user-1', 'org-1') },
  })
})

it('sends each request only once and does not poll if the server returns another customer’s balances', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const server = aServerOf('org-2')
  const { result } = render(
    () => [hooks.useBalance('generations'), hooks.useBillingStatus()] as const,
    { ...server, customer: 'user-2' },
    new QueryClient(),
  )
  await server.push(server.answer)
  await act(() => vi.advanceTimersByTimeAsync(10 * 60_000))
  expect(result.current[0].isError).toBe(true)
  expect([server.requests('balances'), server.requests('refresh')]).toEqual([1, 1])
})

it('sends no further requests when the app’s own hook has cached the other customer’s balances', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const server = aServerOf('org-3')
  const queryKey = [['billing', 'balances'], { type: 'query' }]
  const { result } = render(
    () =>
      [
        hooks.useBalance('generations'),
        useQuery({ queryKey, queryFn: () => server.client.balances.query() }),
      ] as const,
    { ...server, customer: 'user-3' },
    new QueryClient(),
  )
  await act(() => vi.advanceTimersByTimeAsync(10 * 60_000))
  expect(result.current[0].isError).toBe(true)
  expect(server.requests('balances')).toBe(1)
})

it('shows the balances after the customer ID is corrected', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  const server = aServerOf('org-4')
  const { result, signIn } = render(() => hooks.useBalance('generations'), { ...server, customer: 'user-4' })
  await waitFor(() => expect(result.current.isError).toBe(true))
  signIn('org-4')
  await waitFor(() => expect(result.current.data).toMatchObject({ used: 4 }))
})
