import { QueryClient, useQuery } from '@tanstack/react-query'
import { act, cleanup } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aClient, aDenial, hooks, render } from './aBilling.tsx'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const noSubscription = aDenial({ code: 'NO_SUBSCRIPTION', upgradeUrl: '/pricing' })
const unavailable = aDenial({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 1 })

/** Renders hooks whose requests all fail, and waits until TanStack Query gives up. */
async function failAll(error: Error, queryClient = new QueryClient()) {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const fail = () => Promise.reject(error)
  const server = aClient({ balances: fail, usage: fail, charges: fail, plans: fail, refresh: fail })
  const own = vi.fn(fail)
  const { rerender } = render(
    () => [
      hooks.useBalance('generations'),
      hooks.useUsage(),
      hooks.useCharges(),
      hooks.usePlans(),
      hooks.useBillingStatus(),
      // The app's own query under the billing router's key, such as trpc.billing.usage.useQuery().
      useQuery({ queryKey: [['billing', 'usage'], { type: 'query' }], queryFn: own }),
    ],
    server,
    queryClient,
  )
  rerender()
  await act(() => vi.advanceTimersByTimeAsync(60_000))
  const names = ['balances', 'usage', 'charges', 'plans', 'refresh'] as const
  return [...names.map(server.requests), own.mock.calls.length]
}

describe('failed queries', () => {
  it('does not retry a billing query after a denial', async () => {
    expect(await failAll(noSubscription)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('retries a billing query while billing is unavailable', async () => {
    expect(await failAll(unavailable)).toEqual([4, 4, 4, 4, 4, 4])
  })

  it('uses the app’s own retry function after errors other than denials', async () => {
    const retry = (failureCount: number) => failureCount < 1
    const queryClient = new QueryClient({ defaultOptions: { queries: { retry } } })
    expect(await failAll(new Error('lost'), queryClient)).toEqual([2, 2, 2, 2, 2, 2])
  })

  it('does not retry a billing query if the app has turned off retries', async () => {
    const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
    expect(await failAll(new Error('lost'), queryClient)).toEqual([1, 1, 1, 1, 1, 1])
  })
})
