import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { billingDenial } from '../../src/client/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { startApp } from './startApp.ts'

const ada = aUser()
const denialOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  return {
    denial: billingDenial(error),
    status: error instanceof TRPCClientError ? error.data?.httpStatus : null,
  }
}

test('allows exactly 10 of 40 concurrent calls when 10 credits are left', async () => {
  await using app = await startApp()
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, n) => app.single.generate.mutate({ prompt: `p${n}`, count: 1 })),
  )
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(outcomes.length - refused.length).toBe(10)
  for (const { reason } of refused) {
    expect(billingDenial(reason)).toMatchObject({
      code: 'INSUFFICIENT_CREDITS',
      meter: 'generations',
      required: 1,
      upgradeUrl: '/pricing',
    })
    expect(reason.data.httpStatus).toBe(402)
  }
  expect(await app.billing.drain()).toBe(true)
  expect(await app.atFlowglad.available(ada, 'generations')).toBe(0)
  expect((await app.atFlowglad.events()).map(({ amount }) => amount)).toEqual(Array(10).fill(1))
})

test('runs only three calls in a batch of five when three credits are left', async () => {
  await using app = await startApp()
  await app.client.generate.mutate({ prompt: 'first', count: 7 })
  const response = await fetch(`${app.url}/generate,generate,generate,generate,generate?batch=1`, {
    method: 'POST',
    headers: { user: 'ada', 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries([0, 1, 2, 3, 4].map((n) => [n, { prompt: `p${n}`, count: 1 }]))),
  })
  expect(response.status).toBe(207)
  const answers: { result?: unknown; error?: { data: { billing: { code: string } } } }[] = JSON.parse(
    await response.text(),
  )
  expect(answers.filter(({ result }) => result)).toHaveLength(3)
  expect(answers.flatMap(({ error }) => (error ? [error.data.billing.code] : []))).toEqual([
    'INSUFFICIENT_CREDITS',
    'INSUFFICIENT_CREDITS',
  ])
})

test('charges nothing for failed work, invalid input or invalid output', async () => {
  await using app = await startApp({
    work: {
      generate: ({ prompt }) => {
        if (prompt === 'fails') throw new Error('no picture')
        return { id: 7 }
      },
    },
  })
  await expect(app.client.generate.mutate({ prompt: 'fails', count: 3 })).rejects.toThrow('no picture')
  await expect(app.client.generate.mutate({ prompt: 'too many', count: 5_000 })).rejects.toThrow()
  await expect(app.client.validated.mutate({ prompt: 'invalid output', count: 1 })).rejects.toThrow()
  const { balances } = await app.client.billing.balances.query()
  expect(balances[0]).toMatchObject({
    meter: 'generations',
    available: 10,
    held: 0,
    used: 0,
    limit: 10,
    status: 'ok',
  })
})

test('allows a call immediately after a payment, even without a webhook', async () => {
  await using app = await startApp()
  await app.client.generate.mutate({ prompt: 'all', count: 10 })
  expect(await denialOf(app.client.generate.mutate({ prompt: 'more', count: 1 }))).toMatchObject({
    status: 402,
    denial: { code: 'INSUFFICIENT_CREDITS', availableBalance: 0, heldBalance: 0, required: 1 },
  })
  await app.atFlowglad.pay(ada, 'pro_monthly')
  await app.client.generate.mutate({ prompt: 'more', count: 1 })
  expect((await app.client.billing.refresh.mutate()).plan).toMatchObject({ name: 'Pro', isFree: false })
})

test('returns 401 to a signed-out caller without calling Flowglad', async () => {
  await using app = await startApp()
  const response = await fetch(`${app.url}/ping`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  expect(response.status).toBe(401)
  expect(app.proxy.count(/customers/)).toBe(0)
})

test('denies a call that needs a missing feature with FEATURE_NOT_INCLUDED', async () => {
  await using app = await startApp()
  expect(await denialOf(app.client.hd.mutate({ prompt: 'hd', count: 1 }))).toEqual({
    status: 403,
    denial: { code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/pricing' },
  })
  await app.atFlowglad.pay(ada, 'pro_monthly')
  await app.client.hd.mutate({ prompt: 'hd', count: 1 })
})

test('sends the new balances with each response', async () => {
  await using app = await startApp()
  const response = await fetch(`${app.url}/generate`, {
    method: 'POST',
    headers: { user: 'ada', 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'x', count: 4 }),
  })
  const header: { version: number; balances: { meter: string; available: number }[] } = JSON.parse(
    response.headers.get('billing-balances') ?? 'null',
  )
  expect(header.balances.find(({ meter }) => meter === 'generations')).toMatchObject({
    available: 6,
    held: 0,
  })
  expect((await app.client.billing.balances.query()).version).toBeGreaterThanOrEqual(header.version)
})

test("reserves and charges units on all of a call's meters or on none", async () => {
  await using app = await startApp()
  await app.client.both.mutate({ prompt: 'x', count: 2 })
  const { balances } = await app.client.billing.balances.query()
  expect(balances.map(({ meter, available, held }) => ({ meter, available, held }))).toEqual([
    { meter: 'generations', available: 8, held: 0 },
    { meter: 'tokens', available: 1_993, held: 0 },
    { meter: 'api_calls', available: 100, held: 0 },
  ])
  expect(await denialOf(app.client.both.mutate({ prompt: 'x', count: 9 }))).toMatchObject({
    denial: { code: 'INSUFFICIENT_CREDITS', meter: 'generations', meters: [{ meter: 'generations' }] },
  })
  expect((await app.client.billing.balances.query()).balances[1]).toMatchObject({ available: 1_993, held: 0 })
  await app.billing.drain()
  expect(await app.atFlowglad.available(ada, 'tokens')).toBe(1_993)
})

test('rejects each call to a procedure that is metered twice', async () => {
  await using app = await startApp()
  await expect(app.client.twice.mutate()).rejects.toThrow('twice is metered twice')
  expect((await app.client.billing.balances.query()).balances[2]).toMatchObject({ available: 100, held: 0 })
})

test('allows a zero-cost call at any balance without recording a charge', async () => {
  await using app = await startApp()
  await app.client.generate.mutate({ prompt: 'all', count: 10 })
  await app.client.generate.mutate({ prompt: 'nothing', count: 0 })
  expect((await app.client.billing.charges.query()).charges).toHaveLength(1)
})

test('rejects a usage-based cost without a hold before the work runs', async () => {
  await using app = await startApp()
  await expect(app.client.asksForUsage.mutate({ prompt: 'x', count: 1 })).rejects.toThrow('needs a hold')
})

test.each([[-1], [1.5], ['NaN' as const], [2 ** 31]])(
  'returns 400 only for the batched call whose fixed cost is %s',
  async (cost) => {
    await using app = await startApp()
    const [bad, good] = await Promise.allSettled([
      app.client.pricedByInput.mutate({ cost }),
      app.client.pricedByInput.mutate({ cost: 3 }),
    ])
    expect(bad).toMatchObject({ status: 'rejected', reason: { data: { httpStatus: 400 } } })
    expect(good).toEqual({ status: 'fulfilled', value: 'done' })
    expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({ available: 7, held: 0 })
  },
)

test.each([[-1], [1.5], ['NaN' as const], [2 ** 31], ['throws' as const], ['throwsNothing' as const]])(
  'charges and flags the held amount if the cost computed after the work is invalid (%s)',
  async (cost) => {
    await using app = await startApp()
    expect(await app.client.oddCost.mutate({ cost })).toBe('done')
    const { charges } = await app.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
    expect(charges).toMatchObject([{ meter: 'tokens', amount: 10, flagged: expect.any(String) }])
  },
)

test('charges every call in a batch except one whose result cannot be serialized', async () => {
  await using app = await startApp({ work: { generate: ({ prompt }) => (prompt === 'big' ? 10n : 'fine') } })
  const [bad, good] = await Promise.allSettled([
    app.client.generate.mutate({ prompt: 'big', count: 1 }),
    app.client.generate.mutate({ prompt: 'small', count: 1 }),
  ])
  expect(bad).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('serialized') },
  })
  expect(good).toMatchObject({ status: 'fulfilled', value: 'fine' })
  expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({ available: 9, held: 0 })
})

test('fails only the free call in a batch if its result cannot be serialized', async () => {
  await using app = await startApp({ work: { generate: ({ prompt }) => (prompt === 'big' ? 10n : 'fine') } })
  const [bad, good] = await Promise.allSettled([
    app.client.generate.mutate({ prompt: 'big', count: 0 }),
    app.client.generate.mutate({ prompt: 'small', count: 1 }),
  ])
  expect(bad.status).toBe('rejected')
  expect(good).toMatchObject({ status: 'fulfilled', value: 'fine' })
})

test('returns the result of a charged call even if its new balances cannot be read', async () => {
  const ledger = sqliteLedger(':memory:')
  let stuck = false
  await using app = await startApp({
    ledger: { ...ledger, balances: (id) => (stuck ? new Promise(() => {}) : ledger.balances(id)) },
  })
  await app.client.ping.mutate()
  stuck = true
  expect(await app.client.ping.mutate()).toBe('pong')
})

test('makes no request to Flowglad for a call whose snapshot is recent', async () => {
  await using app = await startApp({ started: false })
  await app.client.ping.mutate()
  const before = app.proxy.seen.length
  for (let n = 0; n < 20; n++) await app.client.ping.mutate()
  expect(app.proxy.seen.length).toBe(before)
})

test('lists the newest charges first, and shows the prices that Flowglad recorded', async () => {
  await using app = await startApp()
  await app.client.generate.mutate({ prompt: 'a', count: 2 })
  await app.client.ping.mutate()
  await app.billing.drain()
  const { charges, nextCursor } = await app.client.billing.charges.query({ limit: 1 })
  expect(charges).toMatchObject([
    {
      procedure: 'ping',
      meter: 'api_calls',
      amount: 1,
      state: 'delivered',
      priceId: expect.stringMatching(/^price_/),
    },
  ])
  const rest = await app.client.billing.charges.query({ limit: 5, cursor: nextCursor })
  expect(rest.charges).toMatchObject([{ procedure: 'generate', meter: 'generations', amount: 2 }])
  const day = new Date().toISOString().slice(0, 10)
  expect(await app.client.billing.usage.query({ days: 2 })).toEqual([
    { day, meter: 'api_calls', amount: 1 },
    { day, meter: 'generations', amount: 2 },
  ])
})

test('asks a watcher to retry while no snapshot exists', async () => {
  await using app = await startApp()
  app.proxy.breakWith(() => ({ state: 'refused' }))
  const watch = async () => {
    for await (const { balances } of await app.router.createCaller({ user: ada }).billing.onBalances())
      return balances[0]?.available
    return null
  }
  await expect(watch()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  app.proxy.mend()
  await until(async () => expect(await watch()).toBe(10))
})

test('pushes the new balances to watchers after a call', async () => {
  await using app = await startApp()
  const seen: (number | null)[] = []
  const caller = app.router.createCaller({ user: ada })
  const stop = new AbortController()
  const watching = (async () => {
    for await (const { balances } of await app.router
      .createCaller({ user: ada }, { signal: stop.signal })
      .billing.onBalances()) {
      seen.push(balances[0]?.available ?? null)
    }
  })()
  await until(() => expect(seen).toEqual([10]))
  await caller.generate({ prompt: 'x', count: 3 })
  await until(() => expect(seen.at(-1)).toBe(7))
  stop.abort()
  await watching
})
