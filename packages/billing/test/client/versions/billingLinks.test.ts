import { createTRPCClient, retryLink, TRPCClientError, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import superjson from 'superjson'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type BalancesAnswer, type BillingLinksOptions, billingLinks } from '../../../src/client/index.ts'
import { FetchEventSource } from '../../trpc/FetchEventSource.ts'
import {
  startVersionedApp,
  transformer,
  type VersionedRouter,
} from '../../trpc/versions/startVersionedApp.ts'
import { startWireServer, type WireRouter } from './startWireServer.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const key = expect.stringMatching(/^[0-9a-f-]{36}$/)
const clientOf = (options: BillingLinksOptions<WireRouter>) =>
  createTRPCClient<WireRouter>({ links: billingLinks(options) })

/** Node 20 has no global WebSocket. `lazy` closes the connection 1 ms after the last operation. */
const webSocket = { WebSocket: WebSocket as never, lazy: { enabled: true, closeMs: 1 } }

describe('over HTTP', () => {
  test('adds a key to each call’s headers', async () => {
    await using server = await startWireServer()
    for (const headers of [
      { authorization: 'Bearer x' },
      new Headers({ authorization: 'Bearer x' }),
      () => ({ authorization: 'Bearer x' }),
      async () => new Headers({ authorization: 'Bearer x' }),
    ]) {
      const client = clientOf({ url: server.url, headers })
      expect(await client.whoAmI.mutate()).toMatchObject({ authorization: 'Bearer x' })
    }
    expect(server.received.map(({ header, input }) => [header, input])).toEqual(
      Array(4).fill([key, undefined]),
    )
  })

  test('sends keys in the header that `keyHeader` names', async () => {
    await using server = await startWireServer()
    const sent: unknown[] = []
    const client = clientOf({
      url: server.url,
      keyHeader: 'x-request-id',
      fetch: (url, init) => {
        sent.push(new Headers(init?.headers as HeadersInit).get('x-request-id'))
        return fetch(url, init as RequestInit)
      },
    })
    await client.touch.mutate()
    expect(sent).toEqual([key])
  })

  test('uses the same key for all of a retryLink’s attempts', async () => {
    await using server = await startWireServer()
    let failures = 2
    const unreliable: TRPCLink<WireRouter> =
      () =>
      ({ op, next }) =>
        observable((observer) =>
          next(op).subscribe({
            ...observer,
            next: (result) =>
              failures-- > 0 ? observer.error(new TRPCClientError('lost')) : observer.next(result),
          }),
        )
    const client = clientOf({
      url: server.url,
      links: [retryLink({ retry: ({ attempts }) => attempts < 5 }), unreliable],
    })
    await client.save.mutate({ text: 'a' })
    expect(server.received).toHaveLength(3)
    expect(new Set(server.received.map(({ header }) => header)).size).toBe(1)
  })

  test('batches only queries, except the plans query', async () => {
    await using server = await startWireServer()
    const client = clientOf({ url: server.url })
    await Promise.all([
      client.read.query({ text: 'a' }),
      client.read.query({ text: 'b' }),
      client.billing.plans.query(),
      client.touch.mutate(),
      client.touch.mutate(),
    ])
    expect(server.requests.toSorted()).toEqual(['/billing.plans', '/read,read', '/touch', '/touch'])
  })

  test('sends FormData', async () => {
    await using server = await startWireServer()
    const form = new FormData()
    form.set('name', 'a')
    expect(await clientOf({ url: server.url }).upload.mutate(form)).toEqual(['name'])
    expect(server.received).toMatchObject([{ header: key }])
  })

  test('applies the router’s transformer to calls and subscriptions', async () => {
    vi.stubGlobal('EventSource', FetchEventSource)
    await using server = await startWireServer({ transformer: superjson })
    const client = clientOf({ url: server.url, transformer: superjson } as never)
    expect(await client.save.mutate({ text: 'a' })).toEqual({ text: 'a' })
    expect(await client.read.query({ text: 'a' })).toEqual({ text: 'a' })
    expect(await new Promise((onData) => client.count.subscribe(undefined, { onData }))).toBe(1)
  })

  test('sends connectionParams with subscriptions', async () => {
    vi.stubGlobal('EventSource', FetchEventSource)
    await using server = await startWireServer()
    const client = clientOf({ url: server.url, connectionParams: { token: 'x' } })
    const seen = await new Promise((onData) => client.watchWhoAmI.subscribe(undefined, { onData }))
    expect(seen).toMatchObject({ params: { token: 'x' } })
  })
})

describe('a streaming procedure', () => {
  const read = async (stream: Promise<AsyncIterable<number>>) => {
    const values: number[] = []
    for await (const value of await stream) values.push(value)
    return values
  }

  test('sends the first call of a streaming procedure twice, and logs how to avoid the second request', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    await using server = await startWireServer()
    const client = clientOf({ url: server.url })
    expect(await read(client.stream.mutate())).toEqual([1, 2])
    expect(await read(client.stream.mutate())).toEqual([1, 2])
    expect(server.requests).toHaveLength(3)
    expect(server.received[1]?.header).toBe(server.received[0]?.header)
    expect(warn.mock.calls).toEqual([
      [
        "stream streams its result, so billingLinks sent the call twice. To send it once, pass stream: ({ path }) => path === 'stream'.",
      ],
    ])
  })

  test.each([
    ['true', true],
    ['a function that returns true', ({ path }: { path: string }) => path === 'stream'],
  ])('sends a streaming call only once if `stream` is %s', async (_, stream) => {
    await using server = await startWireServer()
    expect(await read(clientOf({ url: server.url, stream }).stream.mutate())).toEqual([1, 2])
    expect(server.requests).toHaveLength(1)
  })

  test('rejects a streaming call if `stream` is false', async () => {
    await using server = await startWireServer()
    const failed = clientOf({ url: server.url, stream: false }).stream.mutate()
    await expect(failed).rejects.toMatchObject({ data: { code: 'UNSUPPORTED_MEDIA_TYPE' } })
    expect(server.requests).toHaveLength(1)
  })
})

describe.each([
  ['JSON', undefined],
  ['superjson', superjson],
])('over a WebSocket with %s', (_, transformer) => {
  test('sends every operation over the socket, with keys in the inputs of mutations and queries', async () => {
    await using server = await startWireServer(transformer && { transformer })
    const options = { url: server.socketUrl, webSocket, connectionParams: { token: 'x' } }
    const client = clientOf({ ...options, ...(transformer && { transformer }) } as typeof options)
    expect(await client.whoAmI.mutate()).toMatchObject({ params: { token: 'x' } })
    expect(await client.read.query({ text: 'a' })).toEqual({ text: 'a' })
    expect(await new Promise((onData) => client.count.subscribe(undefined, { onData }))).toBe(1)
    expect(server.requests).toEqual([])
    expect(server.received.map(({ input }) => input)).toEqual([
      { 'idempotency-key': key },
      { text: 'a', 'idempotency-key': key },
      undefined,
    ])
  })
})

test('charges once for a call that is sent twice over HTTP', async () => {
  await using app = await startVersionedApp()
  const arrived: BalancesAnswer[] = []
  const client = createTRPCClient<VersionedRouter>({
    links: billingLinks({ url: app.url, transformer, onBalances: (answer) => arrived.push(answer) }),
  })
  const generate = () => client.generate.mutate({ count: 2 }, { context: { idempotencyKey: 'once' } })
  expect(await generate()).toEqual(await generate())
  expect(app.runs()).toBe(1)
  const used = arrived.map(({ balances }) => balances.find(({ meter }) => meter === 'generations')?.used)
  expect(used).toEqual([2, 2])
})

test('charges once for a call that is sent twice over a WebSocket', async () => {
  await using app = await startVersionedApp()
  const client = createTRPCClient<VersionedRouter>({
    links: billingLinks({ url: app.socketUrl, transformer, webSocket }),
  })
  const before = await app.balance('generations')
  const generate = () => client.generate.mutate({ count: 2 }, { context: { idempotencyKey: 'once' } })
  expect(await generate()).toEqual(await generate())
  expect(app.runs()).toBe(1)
  expect((await app.balance('generations')).available).toBe((before.available ?? 0) - 2)
})
