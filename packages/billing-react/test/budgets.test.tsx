import type { Budget } from '@metered/billing/client'
import { waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { aClient, anAnswer, hooks, type Meter, render } from './aBilling.tsx'

const aBudget = (used: number): Budget<Meter> => ({
  id: 'month generations',
  source: 'customer',
  meter: 'generations',
  scope: null,
  limit: 5,
  used,
  held: 0,
  window: 'month',
  timeZone: 'UTC',
  mode: 'block',
  thresholds: [80, 100],
  resetsAt: 1_000,
})

test('refetches the budgets after each change of the balances', async () => {
  let used = 1
  const server = aClient({ budgets: async () => ({ budgets: [aBudget(used)] }) })
  const { result } = render(() => hooks.useBudgets(), server)
  await waitFor(() => expect(result.current.data).toEqual([aBudget(1)]))
  await server.push(anAnswer({ version: 1 }))
  used = 2
  await server.push(anAnswer({ version: 2 }))
  await waitFor(() => expect(result.current.data).toEqual([aBudget(2)]))
})

test('refetches the budgets after one is set or removed', async () => {
  const server = aClient()
  const { result } = render(
    () => ({ budgets: hooks.useBudgets(), set: hooks.useSetBudget(), remove: hooks.useRemoveBudget() }),
    server,
  )
  await waitFor(() => expect(server.requests('budgets')).toBe(1))
  await result.current.set.mutateAsync({ meter: 'generations', limit: 5, window: 'month' })
  await waitFor(() => expect(server.requests('budgets')).toBe(2))
  await result.current.remove.mutateAsync({ id: 'month generations' })
  await waitFor(() => expect(server.requests('budgets')).toBe(3))
})

test('requests no budgets while no customer is signed in', async () => {
  const server = aClient()
  render(() => [hooks.useBudgets(), hooks.usePlans()], { ...server, customer: null })
  await waitFor(() => expect(server.requests('plans')).toBe(1))
  expect(server.requests('budgets')).toBe(0)
})
