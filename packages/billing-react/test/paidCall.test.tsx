import { onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import { TRPCClientError } from '@trpc/client'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type PaidCall, usePaidCall } from '../src/index.ts'
import { aDenial, deferred } from './aBilling.tsx'

afterEach(() => {
  cleanup()
  onlineManager.setOnline(true)
})

interface Order {
  prompt: string
}

/** Renders the hook with a `run` function that returns the given results in order, and then `done`. */
function renderPaidCall(
  answers: (() => Promise<string>)[],
  {
    queryClient = new QueryClient(),
    ...options
  }: Parameters<typeof usePaidCall>[1] & {
    queryClient?: QueryClient
  } = {},
) {
  const keys: string[] = []
  const run = async (_: Order, { context }: PaidCall) => {
    keys.push(context.idempotencyKey)
    return await (answers[keys.length - 1]?.() ?? 'done')
  }
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
  )
  const rendered = renderHook(() => usePaidCall(run, options as object), { wrapper })
  return {
    ...rendered,
    keys,
    async call(input: Order = { prompt: 'a boat' }) {
      const before = keys.length
      act(() => rendered.result.current.start(input))
      await waitFor(() => expect(keys.length).toBeGreaterThan(before))
      await waitFor(() => expect(rendered.result.current.isPending).toBe(false))
    },
  }
}

const lost = async (): Promise<never> => {
  throw TRPCClientError.from(new TypeError('Failed to fetch'))
}
const fails = (billing: object) => async (): Promise<never> => {
  throw aDenial(billing)
}

describe('keys', () => {
  it.each([
    ['the connection is lost', lost],
    ['a proxy returns its own page', () => Promise.reject(new SyntaxError('Unexpected token <'))],
    ['another attempt is still running', fails({ code: 'IN_PROGRESS', key: 'k', retryAfterMs: 1 })],
    [
      'the work has run, but its charge is not confirmed',
      fails({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 1, chargeUnconfirmed: true }),
    ],
  ])('keeps the key for the same input when %s', async (_, answer) => {
    const { keys, call, result } = renderPaidCall([answer, answer])
    await call()
    expect(result.current.isError).toBe(true)
    await call()
    await call()
    expect(new Set(keys).size).toBe(1)
    expect(result.current.data).toBe('done')
    await call()
    expect(new Set(keys).size).toBe(2)
  })

  it.each([
    ['a result', async () => 'done'],
    ['a denial', fails({ code: 'INSUFFICIENT_CREDITS', meters: [] })],
    ['a denial because the operation has already completed', fails({ code: 'ALREADY_COMPLETED', key: 'k' })],
    ['an outage before the work starts', fails({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 1 })],
    [
      'an error that the server returns',
      () => Promise.reject(Object.assign(new Error('500'), { data: { code: 'X' } })),
    ],
    ['an abort', () => Promise.reject(TRPCClientError.from(new DOMException('aborted', 'AbortError')))],
  ])('uses a new key after %s', async (_, answer) => {
    const { keys, call } = renderPaidCall([answer])
    await call()
    await call()
    expect(new Set(keys).size).toBe(2)
  })

  it('uses a new key when the input changes', async () => {
    const { keys, call } = renderPaidCall([lost])
    await call({ prompt: 'a boat' })
    await call({ prompt: 'a ship' })
    expect(new Set(keys).size).toBe(2)
  })

  it('keeps the key when TanStack Query retries the call', async () => {
    const { keys, call } = renderPaidCall([lost, lost], { retry: 2, retryDelay: 1 })
    await call()
    await waitFor(() => expect(keys).toHaveLength(3))
    expect(new Set(keys).size).toBe(1)
  })

  it('keeps the key when the user leaves the screen and returns', async () => {
    const options = { queryClient: new QueryClient(), mutationKey: ['generate'] }
    const before = renderPaidCall([lost], options)
    await before.call()
    before.unmount()
    const after = renderPaidCall([], options)
    await after.call()
    expect(after.keys).toEqual(before.keys)
  })
})

describe('start', () => {
  it('starts only one call on a double click', async () => {
    const answer = deferred<string>()
    const { keys, result } = renderPaidCall([() => answer.promise])
    act(() => {
      result.current.start({ prompt: 'a boat' })
      result.current.start({ prompt: 'a boat' })
    })
    await act(async () => answer.resolve('done'))
    await waitFor(() => expect(result.current.data).toBe('done'))
    expect(keys).toHaveLength(1)
  })

  it('starts only one call when several components share a mutationKey', async () => {
    const answer = deferred<string>()
    const options = { queryClient: new QueryClient(), mutationKey: ['generate'] }
    const one = renderPaidCall([() => answer.promise], options)
    const other = renderPaidCall([], options)
    act(() => one.result.current.start({ prompt: 'a boat' }))
    act(() => other.result.current.start({ prompt: 'a boat' }))
    await act(async () => answer.resolve('done'))
    await waitFor(() => expect(one.result.current.isSuccess).toBe(true))
    expect(other.keys).toEqual([])
  })

  it('fails a call immediately when offline instead of starting it later without a click', async () => {
    onlineManager.setOnline(false)
    const { result, call } = renderPaidCall([lost])
    await call()
    expect(result.current.isError).toBe(true)
  })

  it('runs the callbacks from the options and from the call', async () => {
    const [onSuccess, onSettled] = [vi.fn(), vi.fn()]
    const { result } = renderPaidCall([], { onSuccess })
    act(() => result.current.start({ prompt: 'a boat' }, { onSettled }))
    await waitFor(() => expect(onSettled).toHaveBeenCalledOnce())
    expect(onSuccess.mock.calls[0]?.slice(0, 2)).toEqual(['done', { prompt: 'a boat' }])
  })
})
