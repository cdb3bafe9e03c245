import { expect, test } from 'vitest'
import { billingDenial } from '../../src/client/index.ts'
import type { PastDuePolicy } from '../../src/index.ts'
import { day, failRenewal, startTimed } from '../flowglad/failRenewal.ts'
import { post } from '../http/postFlowglad.ts'
import { startApp } from './startApp.ts'

/** Starts an app with a customer whose grace period is over. */
async function startOverdue(then: PastDuePolicy['then']) {
  const app = await startTimed({ pastDue: { graceDays: 5, then } }, startApp)
  await failRenewal(app)
  app.pass(8 * day)
  await app.billing.refresh({ id: 'ada' })
  return app
}
/** Enters a new card on the checkout page for payment methods. */
async function payOnPage(app: Awaited<ReturnType<typeof startOverdue>>) {
  const { data } = await post(app, 'checkout-sessions/create-add-payment-method')
  const id = /chckt_session_\w+/.exec(String(data?.url))?.[0]
  await app.atFlowglad.sdk.post(`/__test__/checkout-sessions/${id}/complete`, { body: {} })
}
const denialOf = (call: Promise<unknown>) => call.catch((error: unknown) => billingDenial(error))
const overdue = {
  code: 'PAYMENT_OVERDUE',
  pastDueSince: expect.any(Number),
  graceEndsAt: expect.any(Number),
  asOf: expect.any(Number),
  upgradeUrl: '/billing',
}

test('returns 402 with a link to the billing page if the payment is overdue', async () => {
  await using app = await startOverdue('free')
  await expect(app.client.generate.mutate({ prompt: 'x', count: 11 })).rejects.toMatchObject({
    data: { httpStatus: 402 },
  })
  expect(await denialOf(app.client.generate.mutate({ prompt: 'x', count: 11 }))).toEqual({
    ...overdue,
    meters: [{ meter: 'generations', availableBalance: 10, heldBalance: 0, required: 11 }],
  })
  const { pastDueSince, graceEndsAt } = (await denialOf(app.client.hd.mutate({ prompt: 'x', count: 1 }))) as {
    pastDueSince: number
    graceEndsAt: number
  }
  expect(graceEndsAt - pastDueSince).toBe(5 * day)
})

test("denies streams, calls on several meters and browsers' usage while a payment is overdue", async () => {
  await using app = await startOverdue('deny')
  const { streaming, client } = app
  expect(await denialOf(streaming.write.mutate({ tokens: 5 }))).toEqual({ ...overdue, meters: [] })
  expect(await denialOf(client.both.mutate({ prompt: 'x', count: 1 }))).toEqual({ ...overdue, meters: [] })
  expect(await post(app, 'usage-events/create', { usageMeterSlug: 'api_calls' })).toMatchObject({
    status: 402,
    error: { code: 'payment_overdue' },
  })
})

test('runs work that costs nothing while a payment is overdue', async () => {
  await using app = await startOverdue('deny')
  expect(await app.client.generate.mutate({ prompt: 'x', count: 0 })).toEqual({ id: 'picture of x' })
})

test('tells clients how many units are left and when the grace period ended', async () => {
  await using app = await startOverdue('free')
  expect(await app.client.billing.balances.query()).toMatchObject({
    plan: {
      status: 'past_due',
      features: [],
      pastDue: { state: 'free', since: expect.any(Number), graceEndsAt: expect.any(Number) },
    },
    balances: [{ meter: 'generations', available: 10, limit: 10 }, { limit: 2_000 }, { limit: 100 }],
  })
})

test("withholds an overdue plan's features and paid grants from @flowglad/react", async () => {
  await using app = await startOverdue('free')
  const { data } = await post(app, 'customers/billing')
  expect(data?.currentSubscription).toMatchObject({
    experimental: {
      featureItems: expect.not.arrayContaining([expect.objectContaining({ slug: 'hd' })]),
      usageMeterBalances: expect.arrayContaining([
        expect.objectContaining({ slug: 'generations', availableBalance: 10 }),
      ]),
    },
  })
})

test('opens a page that charges a new card for an overdue plan whose cancellation was undone', async () => {
  await using app = await startOverdue('deny')
  await app.client.billing.cancel.mutate()
  expect(await app.client.billing.resume.mutate()).toMatchObject({ plan: { status: 'active' } })
  expect(await denialOf(app.client.generate.mutate({ prompt: 'x', count: 1 }))).toMatchObject(overdue)
  await payOnPage(app)
  expect(await app.client.generate.mutate({ prompt: 'x', count: 100 })).toEqual({ id: 'picture of x' })
})

test('opens a page that charges a new card for the unpaid renewal', async () => {
  await using app = await startOverdue('deny')
  await payOnPage(app)
  expect(await app.client.generate.mutate({ prompt: 'x', count: 100 })).toEqual({ id: 'picture of x' })
})
