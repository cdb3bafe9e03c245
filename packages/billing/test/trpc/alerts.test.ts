import { expect, test } from 'vitest'
import type { Alert } from '../../src/client/index.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>
const ada = aUser()

const generate = ({ client }: App, count: number) => client.generate.mutate({ prompt: 'x', count })
const alertsOf = async ({ client }: Pick<App, 'client'>) => (await client.billing.alerts.query()).alerts

/** Subscribes to new alerts, and collects them until the subscription is disposed. */
function subscribe({ router }: App, input?: { after: number }) {
  const abort = new AbortController()
  const received: Alert[] = []
  const reading = (async () => {
    const caller = router.createCaller({ user: ada }, { signal: abort.signal })
    for await (const alert of await caller.billing.onAlerts(input)) received.push(alert)
  })()
  return {
    received,
    async [Symbol.asyncDispose]() {
      abort.abort()
      await reading
    },
  }
}

test("lists a grant's alert and reports the alert's time in the balances, without any setup", async () => {
  await using app = await startApp()
  await generate(app, 7)
  expect(await alertsOf(app)).toEqual([])
  expect(await app.client.billing.balances.query()).toMatchObject({ lastAlertAt: 0 })
  await generate(app, 1)
  const [alert] = await alertsOf(app)
  expect(alert).toEqual({
    id: expect.stringContaining('grant:'),
    meter: 'generations',
    threshold: 80,
    at: expect.any(Number),
    used: 8,
    limit: 10,
    resetsAt: expect.any(Number),
    budget: null,
  })
  expect(await app.client.billing.balances.query()).toMatchObject({ lastAlertAt: alert?.at })
})

test("lists a budget's alerts, newest first, up to the limit", async () => {
  await using app = await startApp({ mayChangeBudgets: () => true })
  const { billing } = app.client
  const { id } = await billing.setBudget.mutate({ meter: 'generations', limit: 2, window: 'day' })
  await generate(app, 2)
  const budget = { id, window: 'day', timeZone: 'UTC', mode: 'block' }
  expect(await alertsOf(app)).toMatchObject([
    { threshold: 100, budget },
    { threshold: 80, budget },
  ])
  expect(await billing.alerts.query({ limit: 1 })).toMatchObject({ alerts: [{ threshold: 100 }] })
})

test('raises the alerts at a budget’s own thresholds', async () => {
  await using app = await startApp({ mayChangeBudgets: () => true })
  const budget = {
    meter: 'generations',
    limit: 4,
    window: 'hour',
    mode: 'notify',
    thresholds: [50, 125],
  } as const
  await app.client.billing.setBudget.mutate(budget)
  await generate(app, 5)
  expect((await alertsOf(app)).map(({ threshold }) => threshold)).toEqual([125, 50])
})

test('never shows or pushes another customer’s alerts', async () => {
  await using app = await startApp()
  await using subscription = subscribe(app, { after: 0 })
  await app.clientWith([], 'bob').generate.mutate({ prompt: 'x', count: 10 })
  await generate(app, 8)
  await expect.poll(() => subscription.received).toMatchObject([{ threshold: 80 }])
  expect(await alertsOf(app)).toHaveLength(1)
})

test('pushes each alert once to a subscription, except alerts that were raised before it started', async () => {
  await using app = await startApp()
  await generate(app, 8)
  await using subscription = subscribe(app)
  const budget = { meter: 'generations', limit: 1, window: 'month', thresholds: [100] } as const
  // The subscription starts some time after the call, so raise alerts until three arrive.
  await expect
    .poll(async () => {
      const { id } = await app.billing.budgets.set(ada, budget)
      await app.billing.budgets.remove(ada, id)
      return subscription.received.length
    })
    .toBeGreaterThan(2)
  const ids = subscription.received.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => id.startsWith('grant:'))).toEqual([])
})

test('first pushes the alerts that were raised after the given time, oldest first', async () => {
  await using app = await startApp()
  await generate(app, 8)
  await generate(app, 2)
  const [second, first] = await alertsOf(app)
  await using all = subscribe(app, { after: 0 })
  await expect.poll(() => all.received).toEqual([first, second])
  await using later = subscribe(app, { after: first?.at ?? 0 })
  await expect.poll(() => later.received).toEqual([second])
})

test('pushes an alert that another node raises', async () => {
  await using app = await startApp()
  await using other = await startApp({ ledger: app.ledger, beside: app })
  await app.client.billing.balances.query()
  await using subscription = subscribe(app, { after: 0 })
  await generate(other, 9)
  await expect.poll(() => subscription.received).toMatchObject([{ threshold: 80, used: 9 }])
})

test.each([-1, 0, Number.NaN])('alerts.list rejects the limit %d', async (limit) => {
  await using app = await startApp()
  await expect(app.billing.alerts.list(ada, { limit })).rejects.toThrow('limit must be at least 1')
})

test.each([{ limit: 0 }, { limit: 101 }, { limit: 1.5 }])('rejects %j with 400', async (input) => {
  await using app = await startApp()
  await expect(app.client.billing.alerts.query(input)).rejects.toMatchObject({ data: { httpStatus: 400 } })
})
