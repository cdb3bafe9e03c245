// These tests check the ledger's guarantees through the API.
import { randomUUID } from 'node:crypto'
import { expect } from '@playwright/test'
import { callProcedure } from '../customer.ts'
import { test } from '../test.ts'
import { statuses } from './statuses.ts'

const picture = (count = 1) => ({ prompt: 'a quiet harbour at dawn', count })
const times = <T>(n: number, make: () => T) => Array.from({ length: n }, make)

test('allows exactly 10 of 40 concurrent calls when 10 credits are left', async ({ records, customer }) => {
  const results = await Promise.all(times(40, () => customer.call('studio.generate', picture())))
  expect(statuses(results)).toEqual({ 200: 10, 402: 30 })
  for (const { error } of results.filter(({ status }) => status === 402)) {
    expect(error.data.billing).toMatchObject({
      code: 'INSUFFICIENT_CREDITS',
      meter: 'generations',
      required: 1,
      upgradeUrl: '/pricing',
    })
  }
  await expect.poll(() => records.used(customer)).toEqual({ generations: 10 })
  expect(await records.balances(customer)).toMatchObject({ generations: 0 })
})

test('returns 207 with three results and two denials for a batch of five calls when three credits are left', async ({
  records,
  customer,
}) => {
  await customer.makePictures(7)
  const inputs = times(5, () => picture())
  const { status, results } = await customer.batch('studio.generate', inputs)
  expect(status).toBe(207)
  expect(results.filter((it: { result?: object }) => it.result)).toHaveLength(3)
  const denials = results.flatMap((it: { error?: { data: { billing: { code: string } } } }) => it.error ?? [])
  expect(denials.map((it: { data: { billing: { code: string } } }) => it.data.billing.code)).toEqual([
    'INSUFFICIENT_CREDITS',
    'INSUFFICIENT_CREDITS',
  ])
  await expect.poll(() => records.used(customer)).toEqual({ generations: 10 })
})

test('allows a call immediately after a payment, without waiting for a webhook', async ({
  records,
  customer,
}) => {
  await customer.makePictures(10)
  expect(await customer.call('studio.generate', picture())).toMatchObject({ status: 402 })
  const checkout = await customer.call('billing.checkout', { priceSlug: 'pro_monthly' })
  expect(checkout.status).toBe(200)
  await records.payCheckout(checkout.data.url)
  expect(await customer.call('studio.generate', picture(4))).toMatchObject({ status: 200 })
  await expect.poll(() => records.balances(customer)).toMatchObject({ generations: 496 })
})

test('charges nothing for failed work or invalid input', async ({ records, customer }) => {
  const forbidden = { prompt: 'a forbidden thing', count: 4 }
  expect(await customer.call('studio.generate', forbidden)).toMatchObject({ status: 422 })
  for (const count of [0, 5, -1, 1.5, '1', null]) {
    const invalid = { prompt: 'a boat', count }
    expect(await customer.call('studio.generate', invalid)).toMatchObject({ status: 400 })
  }
  const { balances } = await customer.refresh()
  const generations = balances.find((it: { meter: string }) => it.meter === 'generations')
  expect(generations).toMatchObject({ available: 10, held: 0, used: 0, limit: 10 })
  expect(await records.used(customer)).toEqual({})
})

test('returns 401 to a client without a session', async ({ stack, request }) => {
  const result = await callProcedure(request, stack.url, 'studio.generate', picture())
  expect(result).toMatchObject({ status: 401 })
})

test('denies HD on the Free plan with FEATURE_NOT_INCLUDED', async ({ customer }) => {
  const hd = await customer.call('studio.generate', { ...picture(), hd: true })
  expect(hd.status).toBe(403)
  expect(hd.error.data.billing).toEqual({
    code: 'FEATURE_NOT_INCLUDED',
    feature: 'hd',
    upgradeUrl: '/pricing',
  })
})

test('charges once per key for sequential and concurrent retries', async ({ records, customer }) => {
  const key = randomUUID()
  const first = await customer.call('studio.generate', picture(2), { key })
  const again = await customer.call('studio.generate', picture(2), { key })
  expect(again.data).toEqual(first.data)
  const other = await customer.call('studio.generate', picture(3), { key })
  expect(other.error.data.billing.code).toBe('KEY_REUSED')

  const concurrentKey = randomUUID()
  const results = await Promise.all(
    times(5, () => customer.call('studio.generate', picture(), { key: concurrentKey })),
  )
  for (const { status, error } of results)
    expect(status === 200 || error.data.billing.code === 'IN_PROGRESS').toBe(true)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 3 })
})
