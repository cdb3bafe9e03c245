import { TRPCClientError } from '@trpc/client'
import { getTRPCErrorFromUnknown, TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { billingDenial } from '../../../src/client/index.ts'
import { aUser } from '../../flowglad/startStack.ts'
import { startVersionedApp, type VersionedRouter } from './startVersionedApp.ts'

const withKey = (idempotencyKey: string) => ({ context: { idempotencyKey } })
const ada = { user: aUser() }

test('runs on the expected tRPC version', () => {
  // The stack trace contains the path of the tRPC file that created the error.
  expect(getTRPCErrorFromUnknown('failure').stack).toContain(`@trpc+server@${process.env.TRPC_VERSION}`)
})

test('sends the new balances with the response to a charged call', async () => {
  await using app = await startVersionedApp()
  const response = await fetch(`${app.url}/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ wrapped: { count: 3 } }),
  })
  expect(response.headers.get('billing-balances')).toContain('"available":7')
  expect(await response.json()).toEqual({ result: { data: { wrapped: { id: 'ada 3' } } } })
  expect(await app.balance('generations')).toEqual({ available: 7, held: 0 })
})

test('charges nothing for a call that fails', async () => {
  await using app = await startVersionedApp()
  await expect(app.single.fail.mutate({ count: 3 })).rejects.toThrow('no picture')
  expect(await app.balance('generations')).toEqual({ available: 10, held: 0 })
})

test('returns a typed 402 denial for a call that exceeds the balance', async () => {
  await using app = await startVersionedApp()
  const error: unknown = await app.single.generate.mutate({ count: 11 }).catch((thrown: unknown) => thrown)
  if (!isClientError(error)) throw error
  const { data } = error
  if (data?.billing?.code !== 'INSUFFICIENT_CREDITS') throw error
  const { meter, required } = data.billing satisfies { meter: 'generations' | 'tokens' | 'api_calls' }
  expect({ meter, required }).toEqual({ meter: 'generations', required: 11 })
  expect(billingDenial(error)).toEqual(data.billing)
  expect(data).toMatchObject({ code: 'PAYMENT_REQUIRED', httpStatus: 402 })
  expect(error.meta?.response).toMatchObject({ status: 402 })
})
const isClientError = (error: unknown): error is TRPCClientError<VersionedRouter> =>
  error instanceof TRPCClientError

test('charges each call of a retried batch once even if the order of the calls changes', async () => {
  await using app = await startVersionedApp()
  const generate = (count: number) => app.batching.generate.mutate({ count }, withKey(`key-${count}`))
  const first = await Promise.all([generate(1), generate(2)])
  const [two, one] = await Promise.all([generate(2), generate(1)])
  expect([one, two]).toEqual(first)
  expect(app.runs()).toBe(2)
  expect(await app.balance('generations')).toEqual({ available: 7, held: 0 })
})

test('replays a call without input by its key even if the request has no body', async () => {
  await using app = await startVersionedApp()
  const ping = async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }
    return (await fetch(`${app.url}/ping`, { method: 'POST', headers })).json()
  }
  expect([await ping(), await ping()]).toEqual(Array(2).fill({ result: { data: { wrapped: 'pong' } } }))
  expect(app.runs()).toBe(1)
})

test('charges for the units that a stream counts', async () => {
  await using app = await startVersionedApp()
  const seen: number[] = []
  for await (const n of await app.streaming.write.mutate({ count: 5 })) seen.push(n)
  expect(seen).toEqual([0, 1, 2, 3, 4])
  expect(await app.balance('tokens')).toEqual({ available: 1_995, held: 0 })
})

test('charges nothing for a stream if the server returns 415', async () => {
  await using app = await startVersionedApp()
  for (const client of [app.single, app.batching, app.overWebSocket]) {
    await expect(client.write.mutate({ count: 5 })).rejects.toMatchObject({ data: { httpStatus: 415 } })
    expect(await app.balance('tokens')).toEqual({ available: 2_000, held: 0 })
  }
})

test('charges a result with a promise and a stream when its last part ends', async () => {
  await using app = await startVersionedApp()
  const { title, text } = await app.streaming.page.mutate({ count: 3 })
  expect(await title).toBe('title')
  const seen: number[] = []
  for await (const n of text) seen.push(n)
  expect(seen).toEqual([0, 1, 2])
  expect(await app.balance('tokens')).toEqual({ available: 1_997, held: 0 })
})

test('charges nothing for a result with a stream if the link cannot carry the stream', async () => {
  await using app = await startVersionedApp()
  for (const client of [app.single, app.batching])
    await expect(client.page.mutate({ count: 3 })).rejects.toMatchObject({ data: { httpStatus: 415 } })
  await expect(app.overWebSocket.page.mutate({ count: 3 })).rejects.toThrow("a WebSocket can't carry")
  expect(await app.balance('tokens')).toEqual({ available: 2_000, held: 0 })
})

test("charges for server-side calls and throws denials as the app's own TRPCError", async () => {
  await using app = await startVersionedApp()
  const caller = app.router.createCaller(ada)
  expect(await caller.generate({ count: 4 })).toEqual({ id: 'ada 4' })
  const error: unknown = await caller.generate({ count: 7 }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TRPCError)
  expect(error).toMatchObject({ cause: { denial: { code: 'INSUFFICIENT_CREDITS', availableBalance: 6 } } })
  for await (const _ of await caller.write({ count: 3 }));
  expect(await app.balance('tokens')).toEqual({ available: 1_997, held: 0 })
})

test('replays a WebSocket call that carries its key in the input', async () => {
  await using app = await startVersionedApp()
  const generate = (count: number, key: string) =>
    app.overWebSocket.generate.mutate({ count, ...{ 'idempotency-key': key } })
  expect(await generate(2, 'k')).toEqual({ id: 'ada 2' })
  expect(await generate(2, 'k')).toEqual({ id: 'ada 2' })
  expect(app.runs()).toBe(1)
  await expect(generate(3, 'k')).rejects.toMatchObject({ data: { billing: { code: 'KEY_REUSED' } } })
  await generate(2, 'other')
  expect(await app.balance('generations')).toEqual({ available: 6, held: 0 })
})

test.each([
  ['a generator', 'watch'],
  ['an observable', 'observe'],
] as const)(
  'charges for the units that %s counts in a subscription over a WebSocket',
  async (_, procedure) => {
    await using app = await startVersionedApp()
    const seen: number[] = []
    await new Promise<void>((resolve, reject) => {
      app.overWebSocket[procedure].subscribe(
        { count: 4 },
        { onData: (n) => seen.push(n), onComplete: resolve, onError: reject },
      )
    })
    expect(seen).toEqual([0, 1, 2, 3])
    await expect.poll(() => app.balance('tokens')).toEqual({ available: 1_996, held: 0 })
  },
)

test('denies calls from pages on a foreign origin over HTTP and over a WebSocket', async () => {
  await using app = await startVersionedApp()
  const headers = { origin: 'https://evil.example' }
  const denial = { code: 'FOREIGN_ORIGIN', origin: headers.origin }
  const response = await fetch(`${app.url}/ping,billing.cancel?batch=1`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{}',
  })
  expect(response.status).toBe(403)
  for (const { error } of await response.json()) expect(error.wrapped.data.billing).toEqual(denial)
  for (const call of [app.foreignSocket.ping.mutate(), app.foreignSocket.billing.balances.query()])
    expect(billingDenial(await call.catch((error: unknown) => error))).toEqual(denial)
  expect(await app.router.createCaller(ada).ping()).toBe('pong')
  expect(app.runs()).toBe(1)
})
