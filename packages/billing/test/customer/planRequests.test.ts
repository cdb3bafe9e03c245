import { expect, test } from 'vitest'
import { billingDenial } from '../../src/contract/billingDenial.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

test("limits each customer's concurrent checkouts and plan changes", async () => {
  await using app = await startApp({ options: { fetchBurst: 100, maxPlanRequests: 3 } })
  const bob = app.clientWith([], 'bob')
  for (const [client, user] of [
    [app.client, aUser()],
    [bob, aUser('bob')],
  ] as const) {
    await client.ping.mutate()
    await app.atFlowglad.pay(user, 'pro_monthly')
    await client.billing.refresh.mutate()
  }

  const finish = app.proxy.hold(/\/adjust$/)
  const { billing } = app.single
  const change = { priceSlug: 'scale_monthly' }
  const running = [1, 2, 3].map(() => billing.changePlan.mutate(change))
  await expect.poll(() => app.proxy.count(/\/adjust$/)).toBe(1)
  const further = [
    () => billing.changePlan.mutate(change),
    () => billing.checkout.mutate({ priceSlug: 'generation_pack' }),
    () => billing.cancel.mutate({}),
    () => billing.resume.mutate({}),
  ]
  for (const request of further) {
    const error = await request().catch((error: unknown) => error)
    expect(billingDenial(error)).toEqual({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 2_000 })
  }
  for (const path of ['checkout-sessions/create-add-payment-method', 'subscriptions/adjust']) {
    const response = await fetch(`${app.origin}/api/flowglad/${path}`, {
      method: 'POST',
      headers: { user: 'ada', 'content-type': 'application/json' },
      body: JSON.stringify(change),
    })
    expect(response.status, path).toBe(503)
  }
  const others = bob.billing.changePlan.mutate(change)
  await expect.poll(() => app.proxy.count(/\/adjust$/)).toBe(2)
  finish()
  expect((await others).plan?.name).toBe('Scale')
  expect((await Promise.all(running)).map(({ plan }) => plan?.name)).toEqual(['Scale', 'Scale', 'Scale'])

  // Failed requests don't count toward the limit.
  app.proxy.mend()
  for (let round = 0; round < 4; round++) {
    await expect(billing.changePlan.mutate({ priceSlug: 'unknown' })).rejects.toThrow('not for sale')
  }
  expect((await billing.cancel.mutate({})).plan?.cancelsAt).not.toBeNull()
})
