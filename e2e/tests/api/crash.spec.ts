// Processes killed in the middle of their work: what was answered is billed, what is billed was worked for, and nothing twice.
import { randomUUID } from 'node:crypto'
import type { APIRequestContext } from '@playwright/test'
import { aCustomer, buy, call, expect, test } from '../fixtures.ts'

test.use({
  ownStack: true,
  stackOptions: { controlledModel: true, env: { HOLD_TTL_MS: '2000', STUDIO_LATENCY_MS: '40' } },
})

const lookUp = (request: APIRequestContext, url: string, term: string, key: string) =>
  call(request, url, 'studio.generate', { prompt: term, count: 1 }, { 'idempotency-key': key })

test('five crashes with a failing delivery: answered ≤ billed ≤ answered + in flight, and the books agree', async ({
  stack,
  request,
}) => {
  test.setTimeout(150_000)
  const customer = await aCustomer(request, stack.url)
  await buy(request, stack, 'pro_monthly')

  let answered = 0
  let inFlightAtKills = 0
  for (const trouble of ['unreachable', 'loseAnswer', 'hang', 'fail', 'loseAnswer'] as const) {
    stack.network.trouble('/usage-events', trouble)
    let inFlight = 0
    let enough = () => {}
    const someAnswered = new Promise<void>((resolve) => (enough = resolve))
    let answeredNow = 0
    const calls = Array.from({ length: 12 }, async (_, i) => {
      inFlight++
      try {
        const { status } = await lookUp(request, stack.url, `picture ${i}`, randomUUID())
        if (status === 200) answered++
        if (++answeredNow === 4) enough()
      } catch {
        // The process died under it.
      } finally {
        inFlight--
      }
    })
    await someAnswered
    inFlightAtKills += inFlight
    await stack.restart('SIGKILL')
    await Promise.all(calls)
  }
  stack.network.heal()

  // A killed process leaves its sync lane leased for 30 s; only then may the next one deliver.
  await expect
    .poll(async () => (await stack.books.used(customer.id)).generations ?? 0, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(answered)
  // The dead processes' holds have expired once the ledger and Flowglad agree.
  await expect
    .poll(
      async () => {
        const { data } = await call(request, stack.url, 'billing.refresh', {})
        const row = data.balances.find((it: { meter: string }) => it.meter === 'generations')
        const books = await stack.books.balances(customer.id)
        return row.held === 0 && row.available === books.generations
      },
      { timeout: 30_000 },
    )
    .toBe(true)
  const billed = (await stack.books.used(customer.id)).generations ?? 0
  expect(billed).toBeGreaterThanOrEqual(answered)
  expect(billed).toBeLessThanOrEqual(answered + inFlightAtKills)
  const transactions = await stack.books.transactions(customer.id)
  expect(new Set(transactions).size).toBe(transactions.length)
})

test('a retry replays the stored answer after a crash', async ({ stack, request }) => {
  test.setTimeout(90_000)
  const customer = await aCustomer(request, stack.url)
  const key = randomUUID()
  const first = await lookUp(request, stack.url, 'a lighthouse', key)
  expect(first.status).toBe(200)
  await stack.restart('SIGKILL')
  const again = await lookUp(request, stack.url, 'a lighthouse', key)
  expect(again.data).toEqual(first.data)
  // The killed process may have died with the sync lane leased, for 30 s.
  await expect.poll(() => stack.books.used(customer.id), { timeout: 45_000 }).toEqual({ generations: 1 })
})
