// Flowglad away: what is known goes on, the limit holds, and everything arrives once when it is back.
import { aCustomer, call, expect, signUp, statuses, test } from '../fixtures.ts'

test.use({ ownStack: true })
// Deliveries back off up to 15 s while Flowglad is away.
test.describe.configure({ timeout: 90_000 })

const picture = (count = 1) => ({ prompt: 'a field of barley', count })

test('with Flowglad away a known customer works up to the limit and not beyond; all of it arrives once', async ({
  stack,
  request,
}) => {
  const customer = await aCustomer(request, stack.url)
  expect(await call(request, stack.url, 'studio.generate', picture(2))).toMatchObject({ status: 200 })
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 2 })

  stack.network.trouble('/', 'unreachable')
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => call(request, stack.url, 'studio.generate', picture())),
  )
  expect(statuses(answers)).toEqual({ 200: 8, 402: 4 })
  await expect
    .poll(async () => {
      const ready = await request.get(`${stack.url}/readyz`)
      return { http: ready.status(), ...(await ready.json()) }
    })
    .toMatchObject({ http: 200, status: 'degraded', reasons: ['Flowglad does not answer'] })

  stack.network.heal()
  await expect.poll(() => stack.books.used(customer.id), { timeout: 45_000 }).toEqual({ generations: 10 })
  expect(await stack.books.transactions(customer.id)).toHaveLength(9)
})

test('with Flowglad away an unknown customer is told so, and is not charged', async ({ stack, request }) => {
  stack.network.trouble('/', 'unreachable')
  const customer = await signUp(request, stack.url)
  const refused = await call(request, stack.url, 'studio.generate', picture())
  expect(refused.status).toBe(503)
  expect(refused.error.data.billing).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
  stack.network.heal()
  await expect
    .poll(async () => (await call(request, stack.url, 'studio.generate', picture())).status, {
      timeout: 45_000,
    })
    .toBe(200)
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 1 })
})

test('usage blocked on its way does not stop the calls, and arrives once when the way opens', async ({
  stack,
  request,
}) => {
  const customer = await aCustomer(request, stack.url)
  stack.network.trouble('/usage-events', 'unreachable')
  for (const count of [4, 4]) {
    expect(await call(request, stack.url, 'studio.generate', picture(count))).toMatchObject({ status: 200 })
  }
  expect(await stack.books.used(customer.id)).toEqual({})
  // Two are left, and Flowglad may or may not have the eight: refused either way, never more than there is.
  const refused = await call(request, stack.url, 'studio.generate', picture(3))
  expect([402, 503]).toContain(refused.status)
  stack.network.heal()
  await expect.poll(() => stack.books.used(customer.id), { timeout: 45_000 }).toEqual({ generations: 8 })
})
