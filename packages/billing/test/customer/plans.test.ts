import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { billingDenial } from '../../src/client/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()
type App = Awaited<ReturnType<typeof startApp>>

/** Puts Ada on Pro and refreshes her balances. */
async function onPro(app: App) {
  await app.client.ping.mutate()
  await app.atFlowglad.pay(ada, 'pro_monthly')
  return app.client.billing.refresh.mutate()
}

test('lists the plans and their terms even without a session', async () => {
  await using app = await startApp()
  const response = await fetch(`${app.url}/billing.plans`)
  const { result }: { result: { data: unknown } } = JSON.parse(await response.text())
  expect(result.data).toMatchObject([
    {
      kind: 'plan',
      name: 'Free',
      priceSlug: 'free',
      unitPrice: 0,
      isFree: true,
      grants: expect.arrayContaining([
        { meter: 'generations', name: 'generations', amount: 10, renews: true },
      ]),
      unlimited: [],
      overage: [],
    },
    {
      kind: 'plan',
      priceSlug: 'pro_monthly',
      unitPrice: 2_000,
      currency: 'USD',
      interval: { unit: 'month', count: 1 },
      // Flowglad bills one dollar per thousand calls.
      overage: [
        { meter: 'api_calls', feature: 'api_overage', unitPrice: 100, perUnits: 1_000, currency: 'USD' },
      ],
    },
    { kind: 'plan', priceSlug: 'scale_monthly', unlimited: ['generations'], overage: [] },
    {
      kind: 'pack',
      priceSlug: 'generation_pack',
      interval: null,
      overage: [],
      grants: [{ meter: 'generations', name: 'generations', amount: 50, renews: false }],
    },
  ])
})

test('sends a customer on Free to a checkout that returns to the app', async () => {
  await using app = await startApp()
  const { url } = await app.client.billing.checkout.mutate({ priceSlug: 'pro_monthly' })
  expect(url).toMatch(/\/checkout\/chckt_session_/)
  const sent = app.proxy.seen.find(({ path }) => path.includes('checkout-sessions'))
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    checkoutSession: {
      successUrl: 'http://localhost:3000/?checkout=success',
      cancelUrl: 'http://localhost:3000/pricing?checkout=cancelled',
    },
  })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'pro_monthly' })).rejects.toThrow('checkout')
  await expect(app.client.billing.checkout.mutate({ priceSlug: 'nope' })).rejects.toThrow('not for sale')
  await expect(app.client.billing.cancel.mutate()).rejects.toThrow("can't be canceled")
})

test("upgrades immediately but downgrades at the period's end", async () => {
  await using app = await startApp()
  const { plan: pro } = await onPro(app)
  expect(pro).toMatchObject({ name: 'Pro', priceSlug: 'pro_monthly', cancelsAt: null, changesAt: null })
  await expect(app.client.billing.checkout.mutate({ priceSlug: 'scale_monthly' })).rejects.toThrow(
    'Change it instead',
  )

  const up = await app.client.billing.changePlan.mutate({ priceSlug: 'scale_monthly' })
  expect(up.plan).toMatchObject({
    name: 'Scale',
    features: expect.arrayContaining(['unlimited_generations']),
  })
  const generations = async () => (await app.client.billing.balances.query()).balances[0]
  expect(await generations()).toMatchObject({
    unlimited: true,
    available: null,
    limit: null,
    status: 'unlimited',
  })
  await app.client.generate.mutate({ prompt: 'x', count: 900 })
  expect(await generations()).toMatchObject({ unlimited: true, available: null })

  const down = await app.client.billing.changePlan.mutate({ priceSlug: 'pro_monthly' })
  expect(down).toMatchObject({ plan: { name: 'Scale', changesAt: expect.any(Number) } })
  expect(down.effectiveAt).toBe(up.plan?.renewsAt)
  expect((await app.client.billing.resume.mutate()).plan).toMatchObject({ name: 'Scale', changesAt: null })
})

test("keeps a canceled plan until the period's end, and lets the customer resume it before then", async () => {
  await using app = await startApp()
  const { plan } = await onPro(app)
  const cancelled = await app.client.billing.cancel.mutate()
  expect(cancelled).toMatchObject({
    effectiveAt: plan?.renewsAt,
    plan: { name: 'Pro', cancelsAt: plan?.renewsAt },
  })
  await app.client.generate.mutate({ prompt: 'still Pro', count: 100 })
  expect((await app.client.billing.resume.mutate()).plan).toMatchObject({ name: 'Pro', cancelsAt: null })
  expect((await app.client.billing.changePlan.mutate({ priceSlug: 'free' })).plan).toMatchObject({
    cancelsAt: plan?.renewsAt,
  })
})

test("adds a pack's units to the plan's units", async () => {
  await using app = await startApp()
  await app.client.generate.mutate({ prompt: 'all', count: 10 })
  expect((await app.client.billing.checkout.mutate({ priceSlug: 'generation_pack' })).url).toContain(
    '/checkout/',
  )
  await app.atFlowglad.pay(ada, 'generation_pack')
  await app.client.generate.mutate({ prompt: 'more', count: 20 })
  expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({
    available: 30,
    limit: 60,
    used: 30,
  })
})

test('lists the known plans but denies checkouts while Flowglad is unavailable', async () => {
  await using app = await startApp()
  await app.client.billing.plans.query()
  app.proxy.breakWith(() => ({ state: 'refused' }))
  expect(await app.client.billing.plans.query()).toHaveLength(4)
  const error = await app.client.billing.checkout
    .mutate({ priceSlug: 'pro_monthly' })
    .catch((reason: unknown) => reason)
  expect(billingDenial(error)).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
})

test('returns the age of the balances, or null if Flowglad has never responded', async () => {
  await using app = await startApp()
  const { ageMs } = await app.client.billing.refresh.mutate()
  expect(ageMs).not.toBeNull()
  app.proxy.breakWith(() => ({ state: 'refused' }))
  await expect
    .poll(async () => (await app.client.billing.refresh.mutate()).ageMs)
    .toBeGreaterThan(ageMs ?? Number.POSITIVE_INFINITY)
  const stranger = app.clientWith([], 'nobody-yet')
  expect(await stranger.billing.refresh.mutate()).toMatchObject({ asOf: null, ageMs: null })
})

test('allows and records usage beyond the grant on a plan with overage', async () => {
  await using app = await startApp()
  await onPro(app)
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 10_000 }, () => 'all')
  await app.client.ping.mutate()
  expect((await app.client.billing.balances.query()).balances[2]).toMatchObject({
    available: 0,
    status: 'critical',
  })
  await app.billing.drain()
  // Pro grants 10,000 units, and Ada has spent 10,001 since the upgrade.
  expect(await app.atFlowglad.available(ada, 'api_calls')).toBe(-1)
})

test('allows exactly 250 of 400 two-unit calls when two nodes share a ledger with 500 units', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  try {
    await using one = await startApp({ ledger: sqliteLedger(`${folder}/ledger.db`) })
    await using two = await startApp({ ledger: sqliteLedger(`${folder}/ledger.db`), beside: one })
    await onPro(one)
    const calls = Array.from({ length: 400 }, (_, n) =>
      (n % 2 ? one : two).billing
        .meter({ customer: ada, meter: 'generations', amount: 2 }, () => 'done')
        .catch((error) => error.denial?.code ?? String(error)),
    )
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(250)
    expect(new Set(outcomes)).toEqual(new Set(['done', 'INSUFFICIENT_CREDITS']))
    expect((await one.client.billing.balances.query()).balances[0]).toMatchObject({ available: 0, held: 0 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('denies a call with NO_SUBSCRIPTION if a fetch finds no subscription', async () => {
  await using app = await startApp()
  await app.client.ping.mutate()
  // Flowglad reports no current subscription for a customer who never made the first payment.
  const none = async (path: string) => {
    const answer = await fetch(`${app.flowglad.url}${path}`, { headers: { authorization: app.flowglad.key } })
    const billing: object = JSON.parse(await answer.text())
    return { ...billing, currentSubscription: null, currentSubscriptions: [] }
  }
  const body = await none('/api/v1/customers/ada/billing')
  app.proxy.breakWith(({ path }) =>
    path.endsWith('/billing') ? { state: 'json', status: 200, body } : undefined,
  )
  await app.client.billing.refresh.mutate()
  const error = await app.client.ping.mutate().catch((reason: unknown) => reason)
  expect(billingDenial(error)).toEqual({ code: 'NO_SUBSCRIPTION', upgradeUrl: '/pricing' })
  expect(await app.client.billing.balances.query()).toMatchObject({ plan: null, asOf: expect.any(Number) })
})

test('sells a plan but no pack to a customer without a subscription', async () => {
  await using app = await startApp()
  await app.client.ping.mutate()
  const billing: object = await app.atFlowglad.sdk.customers.retrieveBilling('ada')
  const body = { ...billing, currentSubscription: null, currentSubscriptions: [] }
  app.proxy.breakWith(({ path }) =>
    path.endsWith('/billing') ? { state: 'json', status: 200, body } : undefined,
  )
  expect((await app.client.billing.checkout.mutate({ priceSlug: 'pro_monthly' })).url).toContain('/checkout/')
  await expect(app.client.billing.checkout.mutate({ priceSlug: 'generation_pack' })).rejects.toThrow(
    'Choose a plan first',
  )
})

test("delays a throttled customer's plan action instead of rejecting it", async () => {
  await using app = await startApp({ options: { fetchBurst: 1, fetchEveryMs: 300 } })
  await onPro(app)
  for (let n = 0; n < 5; n++) await app.client.billing.refresh.mutate()
  const { effectiveAt } = await app.client.billing.cancel.mutate()
  for (let n = 0; n < 5; n++) await app.client.billing.refresh.mutate()
  await app.client.billing.resume.mutate()
  expect(effectiveAt).toBeGreaterThan(Date.now())
})

test('throttles fetches even for plan actions that change nothing', async () => {
  await using app = await startApp({ options: { fetchBurst: 2, fetchEveryMs: 60_000 } })
  await app.client.ping.mutate()
  const fetches = () => app.proxy.count(/\/billing$/)
  const before = fetches()
  for (let n = 0; n < 10; n++) await app.client.billing.resume.mutate().catch(() => {})
  expect(fetches() - before).toBeLessThanOrEqual(2)
})
