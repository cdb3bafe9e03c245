// These tests make Flowglad unreachable.
import { expect } from '@playwright/test'
import { signUp } from '../customer.ts'
import { test } from '../test.ts'
import { statuses } from './statuses.ts'

test.describe.configure({ mode: 'default' })

const picture = (count = 1) => ({ prompt: 'a field of barley', count })

// While Flowglad is unreachable, up to 15 s pass between two deliveries.
const backoff = { timeout: 45_000 }

test("allows a known customer's calls up to the limit during an outage and delivers each event once", async ({
  stack,
  network,
  records,
  customer,
  request,
}) => {
  expect(await customer.call('studio.generate', picture(2))).toMatchObject({ status: 200 })
  await expect.poll(() => records.used(customer)).toEqual({ generations: 2 })

  network.fail('/', 'unreachable')
  const results = await Promise.all(
    Array.from({ length: 12 }, () => customer.call('studio.generate', picture())),
  )
  expect(statuses(results)).toEqual({ 200: 8, 402: 4 })
  await expect
    .poll(async () => {
      const ready = await request.get(`${stack.url}/readyz`)
      const { status, reasons } = await ready.json()
      return { http: ready.status(), status, reasons: reasons.length }
    })
    .toEqual({ http: 200, status: 'degraded', reasons: 1 })

  network.restore()
  await expect.poll(() => records.used(customer), backoff).toEqual({ generations: 10 })
  expect(await records.transactions(customer)).toHaveLength(9)
})

test("denies a new customer's calls and charges nothing until Flowglad responds", async ({
  stack,
  network,
  records,
  request,
}) => {
  network.fail('/', 'unreachable')
  const customer = await signUp(request, stack)
  const denied = await customer.call('studio.generate', picture())
  expect(denied.status).toBe(503)
  expect(denied.error.data.billing).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
  network.restore()
  await expect.poll(async () => (await customer.call('studio.generate', picture())).status, backoff).toBe(200)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 1 })
})

test('allows calls while deliveries fail and later delivers each event once', async ({
  network,
  records,
  customer,
}) => {
  network.fail('/usage-events', 'unreachable')
  for (const count of [4, 4])
    expect(await customer.call('studio.generate', picture(count))).toMatchObject({ status: 200 })
  expect(await records.used(customer)).toEqual({})
  // Two generations are left, so a call for three generations must not start. The server returns 402 or 503,
  // because it might not know whether Flowglad has recorded the eight used generations.
  const denied = await customer.call('studio.generate', picture(3))
  expect([402, 503]).toContain(denied.status)
  network.restore()
  await expect.poll(() => records.used(customer), backoff).toEqual({ generations: 8 })
})
