import { expect, test } from 'vitest'
import { LedgerUnavailableError } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { startApp } from '../trpc/startApp.ts'
import { type App, post } from './postFlowglad.ts'

const ada = aUser()
const long = 'x'.repeat(201)

const availableOf = async (app: App, meter: string) => {
  const { data } = await post(app, 'usage-meters/balances')
  const rows = data?.usageMeterBalances as { slug: string; availableBalance: number }[]
  return rows.find(({ slug }) => slug === meter)?.availableBalance
}

test("returns the ledger's balance while usage waits for delivery", async () => {
  await using app = await startApp()
  app.proxy.breakWith(({ path }) => (path.includes('usage-events') ? { state: 'refused' } : undefined))
  await app.client.generate.mutate({ prompt: 'x', count: 4 })
  const { data } = await post(app, 'customers/billing')
  expect(data).toMatchObject({
    currentSubscription: {
      experimental: {
        usageMeterBalances: expect.arrayContaining([
          expect.objectContaining({ slug: 'generations', availableBalance: 6 }),
        ]),
      },
    },
  })
  expect(await availableOf(app, 'generations')).toBe(6)
  expect(await app.atFlowglad.available(ada, 'generations')).toBe(10)
})

test('returns BILLING_UNAVAILABLE for reads while the ledger is unavailable', async () => {
  const ledger = sqliteLedger(':memory:')
  let isAway = false
  const unlessAway =
    <Query, Answer>(read: (query: Query) => Promise<Answer>) =>
    (query: Query) =>
      isAway ? Promise.reject(new LedgerUnavailableError('storeOutOfReach')) : read(query)
  const { balances, charges, usage } = ledger
  await using app = await startApp({
    ledger: {
      ...ledger,
      balances: unlessAway(balances),
      charges: unlessAway(charges),
      usage: unlessAway(usage),
    },
  })
  await app.client.billing.refresh.mutate()
  isAway = true
  const { billing } = app.client
  const unavailable = { data: { billing: { code: 'BILLING_UNAVAILABLE' }, httpStatus: 503 } }
  for (const read of [billing.charges.query, billing.usage.query, billing.cancel.mutate]) {
    await expect(read()).rejects.toMatchObject(unavailable)
  }
  expect(await post(app, 'customers/billing')).toMatchObject({
    status: 503,
    error: { code: 'billing_unavailable' },
  })
  isAway = false
})

test("reports that the plan may have changed if the ledger can't be read after a plan change", async () => {
  const ledger = sqliteLedger(':memory:')
  let readsLeft = Number.POSITIVE_INFINITY
  await using app = await startApp({
    options: { fetchBurst: 100 },
    ledger: {
      ...ledger,
      balances: async (customer) => {
        if (readsLeft-- <= 0) throw new LedgerUnavailableError('storeOutOfReach')
        return ledger.balances(customer)
      },
    },
  })
  await app.client.ping.mutate()
  await app.atFlowglad.pay(ada, 'pro_monthly')
  await app.client.billing.refresh.mutate()
  app.proxy.breakWith(({ path }) => {
    // Allow one more read of the ledger, which gets the plan. The next read, which gets the billing data, fails.
    if (path.endsWith('/adjust')) readsLeft = 1
    return undefined
  })
  expect(await post(app, 'subscriptions/adjust', { priceSlug: 'scale_monthly' })).toMatchObject({
    status: 400,
    error: { message: expect.stringContaining('may have changed. Check your plan') },
  })
  readsLeft = Number.POSITIVE_INFINITY
  expect((await app.client.billing.refresh.mutate()).plan).toMatchObject({ name: 'Scale' })
})

test("returns 404 for Flowglad actions that an app doesn't need", async () => {
  await using app = await startApp()
  for (const path of [
    'subscriptions/create',
    'customers/update',
    'customers/find-or-create',
    'resources/claim',
    'checkout-sessions/create-activate-subscription',
    'constructor/prototype',
  ]) {
    expect(await post(app, path, { doNotCharge: true, priceSlug: 'pro_monthly' }), path).toMatchObject({
      status: 404,
    })
  }
  expect(app.proxy.seen.filter(({ path }) => path.includes('subscriptions'))).toEqual([])
})

test('returns 401 without a session', async () => {
  await using app = await startApp()
  expect(await post(app, 'customers/billing', {}, null)).toMatchObject({
    status: 401,
    error: { message: 'Unauthorized' },
  })
})

test("records the browser's usage as one unit at the meter's price by default", async () => {
  await using app = await startApp()
  const answer = await post(app, 'usage-events/create', { usageMeterSlug: 'api_calls' })
  expect(answer).toMatchObject({
    status: 200,
    data: { usageEvent: { amount: 1, id: expect.any(String), priceId: expect.stringMatching(/^price_/) } },
  })
  expect(await availableOf(app, 'api_calls')).toBe(99)
  await app.billing.drain()
  const { usageEvent } = answer.data as { usageEvent: { priceId: string } }
  const [event] = await app.atFlowglad.events()
  expect(event).toMatchObject({
    amount: 1,
    priceId: usageEvent.priceId,
  })
})

test("uses the browser's transaction ID only as an idempotency key", async () => {
  await using app = await startApp()
  const body = { usageMeterSlug: 'api_calls', transactionId: 'move-17', amount: 3 }
  const first = await post(app, 'usage-events/create', body)
  expect(await post(app, 'usage-events/create', body)).toEqual(first)
  expect(await post(app, 'usage-events/create', { ...body, amount: 4 })).toMatchObject({
    status: 409,
    error: { code: 'key_reused' },
  })
  await app.billing.drain()
  const events = await app.atFlowglad.events()
  expect(events).toMatchObject([{ amount: 3 }])
  expect(events[0]?.transactionId).not.toBe('move-17')
})

test("rejects the browser's usage if the meter, price, subscription, amount or key is not allowed", async () => {
  await using app = await startApp()
  const { pricingModel } = await app.atFlowglad.sdk.pricingModels.retrieveDefault()
  const meter = pricingModel.usageMeters.find(({ slug }) => slug === 'api_calls')
  const free = meter?.prices.find(({ slug }) => slug === 'api_calls_no_charge')
  const own = meter?.prices.find(({ slug }) => slug === 'api_calls_standard')
  const rejected = [
    [{ usageMeterSlug: 'generations' }, 403],
    [{ priceSlug: 'api_calls_no_charge' }, 403],
    [{ priceId: free?.id }, 403],
    [{ usageMeterSlug: 'api_calls', subscriptionId: 'sub_other_customer' }, 403],
    [{ usageMeterSlug: 'api_calls', priceId: own?.id }, 400],
    [{ usageMeterSlug: 'nope' }, 400],
    [{}, 400],
    [{ usageMeterSlug: 'api_calls', amount: 0 }, 400],
    [{ usageMeterSlug: 'api_calls', amount: -1 }, 400],
    [{ usageMeterSlug: 'api_calls', amount: 0.5 }, 400],
    [{ usageMeterSlug: 'api_calls', amount: 3_000_000_000 }, 400],
    [{ usageMeterSlug: 'api_calls', transactionId: '' }, 400],
    [{ usageMeterSlug: 'api_calls', transactionId: 'a,b' }, 400],
    [{ usageMeterSlug: 'api_calls', amount: 101 }, 402],
  ] as const
  for (const [body, status] of rejected) {
    expect(await post(app, 'usage-events/create', body), JSON.stringify(body)).toMatchObject({
      status,
      error: { code: expect.any(String) },
    })
  }
  expect(await post(app, 'usage-events/create', { priceId: own?.id })).toMatchObject({ status: 200 })
  expect(await availableOf(app, 'api_calls')).toBe(99)
})

test("ignores the browser's return URLs in a checkout", async () => {
  await using app = await startApp()
  await app.client.ping.mutate()
  const { data } = await post(app, 'checkout-sessions/create', {
    priceSlug: 'pro_monthly',
    successUrl: 'https://evil.example/ok',
    cancelUrl: 'https://evil.example/no',
    type: 'product',
  })
  expect(data).toMatchObject({
    url: expect.stringContaining('/checkout/'),
    checkoutSession: { id: expect.any(String) },
  })
  const sent = app.proxy.seen.find(({ path }) => path.includes('checkout-sessions'))
  expect(sent?.body).not.toContain('evil')
})

test('rejects a checkout for a price that is not for sale', async () => {
  await using app = await startApp()
  for (const priceSlug of ['free', 'api_calls_standard', 'nope']) {
    expect(await post(app, 'checkout-sessions/create', { priceSlug }), priceSlug).toMatchObject({
      status: 400,
    })
  }
})

test("lets the browser change its customer's plan, but not end the plan immediately", async () => {
  await using app = await startApp()
  await app.client.ping.mutate()
  await app.atFlowglad.pay(ada, 'pro_monthly')
  const plan = async () => (await app.client.billing.refresh.mutate()).plan
  await plan()
  const { currentSubscription } = await app.atFlowglad.sdk.customers.retrieveBilling('ada')
  const id = currentSubscription?.id
  expect(
    await post(app, 'subscriptions/cancel', { id, cancellation: { timing: 'immediately' } }),
  ).toMatchObject({
    status: 403,
  })
  const atEnd = { cancellation: { timing: 'at_end_of_current_billing_period' } }
  expect(await post(app, 'subscriptions/cancel', { id: 'sub_foreign', ...atEnd })).toMatchObject({
    status: 403,
  })
  expect(await post(app, 'subscriptions/cancel', { id, ...atEnd })).toMatchObject({
    status: 200,
    data: { subscription: { id, status: 'cancellation_scheduled' } },
  })
  expect(await plan()).toMatchObject({ cancelsAt: expect.any(Number) })
  expect(await post(app, 'subscriptions/uncancel', { id })).toMatchObject({
    status: 200,
    data: { subscription: { id, status: 'active' } },
  })
  expect(
    await post(app, 'subscriptions/adjust', {
      subscriptionId: id,
      priceSlug: 'scale_monthly',
      prorate: false,
    }),
  ).toMatchObject({ status: 200 })
  expect(await plan()).toMatchObject({ name: 'Scale', cancelsAt: null })
})

test('returns 503 with retryAfterMs if Flowglad has been unavailable since startup', async () => {
  await using app = await startApp({ started: false })
  app.proxy.breakWith(() => ({ state: 'refused' }))
  const away = { status: 503, error: { json: { retryAfterMs: expect.any(Number) } } }
  expect(await post(app, 'pricing-models/retrieve')).toMatchObject(away)
  expect(await post(app, 'usage-events/create', { usageMeterSlug: 'api_calls' })).toMatchObject(away)
  expect(await post(app, 'checkout-sessions/create', { priceId: 'price_1' })).toMatchObject(away)
})

test('waits for an unresponsive Flowglad no longer than decisionMs', async () => {
  // `flowgladDeadlineMs` exceeds the test timeout, so only `decisionMs` can end the wait in time.
  await using app = await startApp({
    started: false,
    options: { decisionMs: 50, flowgladDeadlineMs: 600_000 },
  })
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  app.proxy.breakWith(() => ({ state: 'held', until: opened }))
  for (const path of ['customers/billing', 'usage-meters/balances']) {
    expect(await post(app, path), path).toMatchObject({
      status: 503,
      error: { code: 'billing_unavailable', json: { retryAfterMs: expect.any(Number) } },
    })
  }
  app.proxy.mend()
  open()
  // The held fetch continues in the background and installs a snapshot.
  await until(async () => expect(await post(app, 'customers/billing')).toMatchObject({ status: 200 }))
})

test('returns 429 with retry-after for a rate-limited request without calling Flowglad', async () => {
  let left = 2
  await using app = await startApp({
    limit: async () => (left-- > 0 ? null : { retryAfterMs: 2_500 }),
  })
  expect((await post(app, 'customers/billing')).status).toBe(200)
  expect((await post(app, 'usage-meters/balances')).status).toBe(200)
  const asked = app.proxy.count(/customers/)
  for (const path of ['customers/billing', 'usage-meters/balances', 'subscriptions/cancel']) {
    const response = await fetch(`${app.origin}/api/flowglad/${path}`, {
      method: 'POST',
      headers: { user: 'ada' },
    })
    expect([response.status, response.headers.get('retry-after')], path).toEqual([429, '3'])
    expect(await response.json()).toMatchObject({
      error: { code: 'too_many_requests', json: { retryAfterMs: 2_500 } },
    })
  }
  expect(app.proxy.count(/customers/)).toBe(asked)
})

test('returns known balances after a restart without waiting for an unresponsive Flowglad', async () => {
  const ledger = sqliteLedger(':memory:')
  const kept = { ...ledger, close: async () => {} }
  await using before = await startApp({ ledger: kept })
  await before.client.ping.mutate()
  await before.billing.drain()
  await using after = await startApp({
    ledger: kept,
    beside: before,
    started: false,
    options: { decisionMs: 50 },
  })
  const never = new Promise<void>(() => {})
  after.proxy.breakWith(() => ({ state: 'held', until: never }))
  expect((await after.client.billing.balances.query()).balances[0]).toMatchObject({ available: 10 })
  await ledger.close()
})

test('rejects slugs and IDs that are longer than 200 characters', async () => {
  const requests: [string, object][] = [
    ['usage-events/create', { usageMeterSlug: long }],
    ['usage-events/create', { usageMeterId: long }],
    ['usage-events/create', { priceSlug: long }],
    ['usage-events/create', { usageMeterSlug: 'api_calls', subscriptionId: long }],
    ['usage-events/create', { usageMeterSlug: 'api_calls', transactionId: long }],
    ['checkout-sessions/create', { priceSlug: long }],
    ['checkout-sessions/create', { priceId: long }],
    ['subscriptions/cancel', { id: long, cancellation: { timing: 'x' } }],
    ['subscriptions/uncancel', { id: long }],
    ['subscriptions/adjust', { subscriptionId: long, priceSlug: 'pro_monthly' }],
  ]
  await using app = await startApp()
  for (const [path, body] of requests) {
    expect({ body, ...(await post(app, path, body)) }).toMatchObject({ body, status: 400 })
  }
})
