import type { BalancesAnswer } from '@metered/billing/client'
import { useQuery } from '@tanstack/react-query'
import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { installBalances } from '../src/index.ts'
import { aClient, anAnswer, deferred, hooks, type Meter, render } from './aBilling.tsx'

afterEach(cleanup)

it('leaves nothing of the previous customer in the cache, and no stream', async () => {
  const server = aClient()
  const { result, queryClient, signIn } = render(
    () => [hooks.useBalances(), hooks.useUsage(), hooks.useCharges(), hooks.useBooks()] as const,
    server,
  )
  await waitFor(() => expect(result.current.every((query) => query.isSuccess)).toBe(true))

  signIn(null)
  await waitFor(() => expect(server.openStreams()).toBe(0))
  const left = queryClient.getQueryCache().findAll({ predicate: ({ queryKey }) => queryKey.includes('anna') })
  expect(left).toEqual([])
  expect(result.current.map((query) => query.data)).toEqual([undefined, undefined, undefined, undefined])
})

it('takes a mounted useBilling of Flowglad back to loading', async () => {
  const server = aClient()
  const ofBen = deferred<string>()
  const answers = [Promise.resolve('of Anna'), ofBen.promise]
  const { result, signIn } = render(
    () => useQuery({ queryKey: ['customers/billing'], queryFn: () => answers.shift() ?? ofBen.promise }),
    server,
  )
  await waitFor(() => expect(result.current.data).toBe('of Anna'))

  signIn('ben')
  await waitFor(() => expect(result.current.data).toBeUndefined())
  ofBen.resolve('of Ben')
  await waitFor(() => expect(result.current.data).toBe('of Ben'))
})

it('never shows the next customer a late answer for the previous one, however high its version', async () => {
  const late = deferred<BalancesAnswer<Meter>>()
  const answers = [late.promise, Promise.resolve(anAnswer({ version: 2, used: 1 }))]
  const server = aClient({ balances: () => answers.shift() ?? late.promise })
  const { result, queryClient, signIn } = render(() => hooks.useBalance('generations'), server)
  await waitFor(() => expect(server.asked('balances')).toBe(1))

  signIn('ben')
  await waitFor(() => expect(result.current.data?.used).toBe(1))
  await act(async () => late.resolve(anAnswer({ version: 99, used: 9 })))
  act(() => installBalances(queryClient, 'anna', anAnswer({ version: 99, used: 9 })))
  expect(result.current.data).toMatchObject({ used: 1, version: 2 })
})
