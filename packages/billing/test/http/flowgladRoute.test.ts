import { expect, test } from 'vitest'
import { LedgerUnavailableError, sqliteLedger } from '../../src/index.ts'
import { aUser } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()
type App = Awaited<ReturnType<typeof startApp>>

async function post(app: App, path: string, body: unknown = {}, user: string | null = 'ada') {
  const response = await fetch(`${app.origin}/api/flowglad/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(user === null ? {} : { user }) },
    body: JSON.stringify(body),
  })
  const json: { data?: Record<string, unknown>; error?: { code: string; message: string } } =
    await response.json()
  return { status: response.status, ...json }
}
const availableOf = async (app: App, meter: string) => {
  const { data } = await post(app, 'usage-meters/balances')
  const rows = data?.usageMeterBalances as { slug: string; availableBalance: number }[]
  return rows.find(({ slug }) => slug === meter)?.availableBalance
}

test("the browser's balance is the ledger's, also while usage waits for delivery", async () => {
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
  expect(await app.books.available(ada, 'generations')).toBe(10)
})

test('a ledger that is out of reach is BILLING_UNAVAILABLE to whoever reads, and no fault', async () => {
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

test('a plan change that was made is not denied, though the books cannot be read after it', async () => {
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
  await app.client.ping.query()
  await app.books.pay(ada, 'pro_monthly')
  await app.client.billing.refresh.mutate()
  app.proxy.breakWith(({ path }) => {
    // The plan can be told once more; for the books it is too late.
    if (path.endsWith('/adjust')) readsLeft = 1
    return undefined
  })
  expect(await post(app, 'subscriptions/adjust', { priceSlug: 'scale_monthly' })).toMatchObject({
    status: 400,
    error: { message: expect.stringContaining('may have been changed: please look again') },
  })
  readsLeft = Number.POSITIVE_INFINITY
  expect((await app.client.billing.refresh.mutate()).plan).toMatchObject({ name: 'Scale' })
})

test('only the actions that an app needs are reachable from a browser', async () => {
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

test('nobody signed in is 401', async () => {
  await using app = await startApp()
  expect(await post(app, 'customers/billing', {}, null)).toMatchObject({
    status: 401,
    error: { message: 'Unauthorized' },
  })
})

test('usage recorded by the browser goes through the ledger with its smart defaults', async () => {
  await using app = await startApp()
  const answer = await post(app, 'usage-events/create', { usageMeterSlug: 'api_calls' })
  expect(answer).toMatchObject({
    status: 200,
    data: { usageEvent: { amount: 1, id: expect.any(String), priceId: expect.stringMatching(/^price_/) } },
  })
  expect(await availableOf(app, 'api_calls')).toBe(99)
  await app.billing.drain()
  const { usageEvent } = answer.data as { usageEvent: { priceId: string } }
  const [event] = await app.books.events()
  expect(event).toMatchObject({
    amount: 1,
    priceId: usageEvent.priceId,
  })
})

test("the browser's transaction id is a key: sent twice, it is charged once, and it never becomes Flowglad's", async () => {
  await using app = await startApp()
  const body = { usageMeterSlug: 'api_calls', transactionId: 'move-17', amount: 3 }
  const first = await post(app, 'usage-events/create', body)
  expect(await post(app, 'usage-events/create', body)).toEqual(first)
  expect(await post(app, 'usage-events/create', { ...body, amount: 4 })).toMatchObject({
    status: 409,
    error: { code: 'key_reused' },
  })
  await app.billing.drain()
  const events = await app.books.events()
  expect(events).toMatchObject([{ amount: 3 }])
  expect(events[0]?.transactionId).not.toBe('move-17')
})

test('a browser records neither on other meters, nor on prices of its choice, nor on foreign subscriptions', async () => {
  await using app = await startApp()
  const { pricingModel } = await app.books.sdk.pricingModels.retrieveDefault()
  const meter = pricingModel.usageMeters.find(({ slug }) => slug === 'api_calls')
  const free = meter?.prices.find(({ slug }) => slug === 'api_calls_no_charge')
  const own = meter?.prices.find(({ slug }) => slug === 'api_calls_standard')
  const refused = [
    [{ usageMeterSlug: 'generations' }, 403],
    [{ priceSlug: 'api_calls_no_charge' }, 403],
    [{ priceId: free?.id }, 403],
    [{ usageMeterSlug: 'api_calls', subscriptionId: 'sub_of_somebody_else' }, 403],
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
  for (const [body, status] of refused) {
    expect(await post(app, 'usage-events/create', body), JSON.stringify(body)).toMatchObject({
      status,
      error: { code: expect.any(String) },
    })
  }
  expect(await post(app, 'usage-events/create', { priceId: own?.id })).toMatchObject({ status: 200 })
  expect(await availableOf(app, 'api_calls')).toBe(99)
})

test('checkout ignores where the browser wants to go, and sells only what is for sale', async () => {
  await using app = await startApp()
  await app.client.ping.query()
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
  for (const priceSlug of ['free', 'api_calls_standard', 'nope']) {
    expect(await post(app, 'checkout-sessions/create', { priceSlug }), priceSlug).toMatchObject({
      status: 400,
    })
  }
})

test('a plan can be cancelled with its period, resumed and changed, but not ended at once for fresh free credits', async () => {
  await using app = await startApp()
  await app.client.ping.query()
  await app.books.pay(ada, 'pro_monthly')
  const plan = async () => (await app.client.billing.refresh.mutate()).plan
  await plan()
  const { currentSubscription } = await app.books.sdk.customers.retrieveBilling('ada')
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

test('while Flowglad was away from the start, its routes answer 503 with retryAfterMs, not a fault', async () => {
  await using app = await startApp({ started: false })
  app.proxy.breakWith(() => ({ state: 'refused' }))
  const away = { status: 503, error: { json: { retryAfterMs: expect.any(Number) } } }
  expect(await post(app, 'pricing-models/retrieve')).toMatchObject(away)
  expect(await post(app, 'usage-events/create', { usageMeterSlug: 'api_calls' })).toMatchObject(away)
  expect(await post(app, 'checkout-sessions/create', { priceId: 'price_1' })).toMatchObject(away)
})

test("who looks at Flowglad's books waits for a Flowglad that is silent no longer than a call does", async () => {
  // No deadline of a request ends it: longer than this test may take.
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
  // The look went on behind.
  await until(async () => expect(await post(app, 'customers/billing')).toMatchObject({ status: 200 }))
})

test('reading is limited like every action: 429 says when to come again, before anything is asked of Flowglad', async () => {
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

test('after a restart known balances do not wait for a Flowglad that swallows every request', async () => {
  const ledger = sqliteLedger(':memory:')
  const kept = { ...ledger, close: async () => {} }
  await using before = await startApp({ ledger: kept })
  await before.client.ping.query()
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
