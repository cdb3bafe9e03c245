// These tests kill servers during calls and deliveries.
import { randomUUID } from 'node:crypto'
import { expect } from '@playwright/test'
import { test } from '../test.ts'

test.use({ stackOptions: { env: { HOLD_TTL_MS: '2000', STUDIO_LATENCY_MS: '40' } } })
test.describe.configure({ mode: 'default' })

const picture = (prompt: string) => ({ prompt, count: 1 })

/** A time after which all holds in these tests and a killed server's lease have expired. */
const afterLeasesMs = 60_000

test('bills every successful call once despite five crashes and failed deliveries', async ({
  stack,
  network,
  records,
  customer,
}) => {
  test.setTimeout(180_000)
  await customer.buy('pro_monthly')

  let answered = 0
  let inFlightAtCrashes = 0
  const failures = ['unreachable', 'loseResponse', 'hang', 'error', 'loseResponse'] as const
  for (const [crash, failure] of failures.entries()) {
    network.fail('/usage-events', failure)
    let inFlight = 0
    let ended = 0
    let resolveFourEnded = () => {}
    const fourEnded = new Promise<void>((resolve) => (resolveFourEnded = resolve))
    const calls = Array.from({ length: 12 }, async (_, i) => {
      inFlight++
      try {
        const { status } = await customer.call('studio.generate', picture(`picture ${i}`), {
          key: randomUUID(),
        })
        if (status === 200) answered++
        if (++ended === 4) resolveFourEnded()
      } catch {
        // The server died during the call.
      } finally {
        inFlight--
      }
    })
    await fourEnded
    inFlightAtCrashes += inFlight
    const isLast = crash === failures.length - 1
    // The last server's clock is ahead, so that the killed servers' leases have expired by this clock.
    await stack.restart('SIGKILL', { clockAheadMs: isLast ? afterLeasesMs : 0 })
    await Promise.all(calls)
  }
  network.restore()

  await expect
    .poll(async () => (await records.used(customer)).generations ?? 0, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(answered)
  // The ledger and Flowglad agree after the killed servers' holds have expired.
  await expect
    .poll(
      async () => {
        const { balances } = await customer.refresh()
        const { held, available } = balances.find((it: { meter: string }) => it.meter === 'generations')
        const recorded = await records.balances(customer)
        return held === 0 && available === recorded.generations
      },
      { timeout: 30_000 },
    )
    .toBe(true)
  const billed = (await records.used(customer)).generations ?? 0
  expect(billed).toBeGreaterThanOrEqual(answered)
  expect(billed).toBeLessThanOrEqual(answered + inFlightAtCrashes)
  const transactions = await records.transactions(customer)
  expect(new Set(transactions).size).toBe(transactions.length)
})

test('returns the stored result after a crash and charges once', async ({ stack, records, customer }) => {
  const key = randomUUID()
  const first = await customer.call('studio.generate', picture('a lighthouse'), { key })
  expect(first.status).toBe(200)
  await stack.restart('SIGKILL', { clockAheadMs: 2 * afterLeasesMs })
  const again = await customer.call('studio.generate', picture('a lighthouse'), { key })
  expect(again.data).toEqual(first.data)
  await expect.poll(() => records.used(customer), { timeout: 45_000 }).toEqual({ generations: 1 })
})
