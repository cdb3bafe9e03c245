import type { Alert } from '@metered/billing/client'
import { waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { aClient, anAnswer, hooks, type Meter, render } from './aBilling.tsx'

const anAlert = (threshold: number): Alert<Meter> => ({
  id: `grant:sub_1:generations:1:10:${threshold}`,
  meter: 'generations',
  threshold,
  at: threshold,
  used: 8,
  limit: 10,
  resetsAt: 1_000,
  budget: null,
})

test('refetches the alerts only when the balances announce a new one', async () => {
  let alerts = [anAlert(80)]
  const server = aClient({ alerts: async () => ({ alerts }) })
  const { result } = render(() => hooks.useAlerts(), server)
  await waitFor(() => expect(result.current.data).toEqual([anAlert(80)]))
  await server.push(anAnswer({ version: 1, lastAlertAt: 80 }))
  await server.push(anAnswer({ version: 2, lastAlertAt: 80 }))
  const before = server.requests('alerts')
  alerts = [anAlert(100), anAlert(80)]
  await server.push(anAnswer({ version: 3, lastAlertAt: 80 }))
  expect(server.requests('alerts')).toBe(before)
  await server.push(anAnswer({ version: 4, lastAlertAt: 100 }))
  await waitFor(() => expect(result.current.data).toEqual(alerts))
})

test('requests no alerts while no customer is signed in', async () => {
  const server = aClient()
  render(() => [hooks.useAlerts(), hooks.usePlans()], { ...server, customer: null })
  await waitFor(() => expect(server.requests('plans')).toBe(1))
  expect(server.requests('alerts')).toBe(0)
})
