// The promises as a client of the API sees them, against the built servers. No browser is opened here.
import { randomUUID } from 'node:crypto'
import { aCustomer, batch, call, expect, statuses, test } from '../fixtures.ts'

const picture = (count = 1) => ({ prompt: 'a quiet harbour at dawn', count })
const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i))

test('40 concurrent calls on 10 credits: 10 succeed, 30 are refused, Flowglad counts 10', async ({
  stack,
  request,
}) => {
  const customer = await aCustomer(request, stack.url)
  const answers = await Promise.all(times(40, () => call(request, stack.url, 'studio.generate', picture())))
  expect(statuses(answers)).toEqual({ 200: 10, 402: 30 })
  const refused = answers.filter((it) => it.status === 402)
  for (const { error } of refused) {
    expect(error.data.billing).toMatchObject({
      code: 'INSUFFICIENT_CREDITS',
      meter: 'generations',
      required: 1,
      upgradeUrl: '/pricing',
    })
  }
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 10 })
  expect(await stack.books.balances(customer.id)).toMatchObject({ generations: 0 })
})

test('a batch of five with three credits left answers 207: three results, two typed denials', async ({
  stack,
  request,
}) => {
  const customer = await aCustomer(request, stack.url)
  await call(request, stack.url, 'studio.generate', picture(4))
  await call(request, stack.url, 'studio.generate', picture(3))
  const { status, answers } = await batch(
    request,
    stack.url,
    'studio.generate',
    times(5, () => picture()),
  )
  expect(status).toBe(207)
  expect(answers.filter((it: { result?: object }) => it.result)).toHaveLength(3)
  const denials = answers.flatMap((it: { error?: { data: { billing: { code: string } } } }) => it.error ?? [])
  expect(denials.map((it: { data: { billing: { code: string } } }) => it.data.billing.code)).toEqual([
    'INSUFFICIENT_CREDITS',
    'INSUFFICIENT_CREDITS',
  ])
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 10 })
})

test('a call right after paying succeeds, without a wait and without a webhook', async ({
  request,
  stack,
}) => {
  const customer = await aCustomer(request, stack.url)
  for (const count of [4, 4, 2]) await call(request, stack.url, 'studio.generate', picture(count))
  expect(await call(request, stack.url, 'studio.generate', picture())).toMatchObject({ status: 402 })
  const checkout = await call(request, stack.url, 'billing.checkout', { priceSlug: 'pro_monthly' })
  expect(checkout.status).toBe(200)
  await stack.books.complete(new URL(checkout.data.url).pathname.split('/').at(-1) ?? '')
  expect(await call(request, stack.url, 'studio.generate', picture(4))).toMatchObject({ status: 200 })
  await expect.poll(() => stack.books.balances(customer.id)).toMatchObject({ generations: 496 })
})

test('failed work and invalid input cost nothing', async ({ stack, request }) => {
  const customer = await aCustomer(request, stack.url)
  const forbidden = await call(request, stack.url, 'studio.generate', {
    prompt: 'a forbidden thing',
    count: 4,
  })
  expect(forbidden.status).toBe(422)
  for (const count of [0, 5, -1, 1.5, '1', null]) {
    const invalid = await call(request, stack.url, 'studio.generate', { prompt: 'a boat', count })
    expect(invalid.status).toBe(400)
  }
  const { data } = await call(request, stack.url, 'billing.refresh', {})
  const generations = data.balances.find((it: { meter: string }) => it.meter === 'generations')
  expect(generations).toMatchObject({ available: 10, held: 0, used: 0, limit: 10 })
  expect(await stack.books.used(customer.id)).toEqual({})
})

test('signed out is 401, HD on Free is refused as a feature', async ({ stack, request }) => {
  expect(await call(request, stack.url, 'studio.generate', picture())).toMatchObject({ status: 401 })
  await aCustomer(request, stack.url)
  const hd = await call(request, stack.url, 'studio.generate', { ...picture(), hd: true })
  expect(hd.status).toBe(403)
  expect(hd.error.data.billing).toEqual({
    code: 'FEATURE_NOT_INCLUDED',
    feature: 'hd',
    upgradeUrl: '/pricing',
  })
})

test('a retry under its key replays the answer and is charged once, at once and concurrently', async ({
  stack,
  request,
}) => {
  const customer = await aCustomer(request, stack.url)
  const key = { 'idempotency-key': randomUUID() }
  const first = await call(request, stack.url, 'studio.generate', picture(2), key)
  const again = await call(request, stack.url, 'studio.generate', picture(2), key)
  expect(again.data).toEqual(first.data)
  const other = await call(request, stack.url, 'studio.generate', picture(3), key)
  expect(other.error.data.billing.code).toBe('KEY_REUSED')

  const together = { 'idempotency-key': randomUUID() }
  const answers = await Promise.all(
    times(5, () => call(request, stack.url, 'studio.generate', picture(), together)),
  )
  for (const { status, error } of answers) {
    expect(status === 200 || error.data.billing.code === 'IN_PROGRESS').toBe(true)
  }
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 3 })
})
