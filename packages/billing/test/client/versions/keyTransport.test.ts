import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  retryLink,
  splitLink,
  type TRPCLink,
  wsLink,
} from '@trpc/client'
import { observable } from '@trpc/server/observable'
import superjson from 'superjson'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { idempotencyLink, keyHeaders } from '../../../src/client/index.ts'
import { startWireServer, type WireClient, type WireRouter } from './startWireServer.ts'

type Server = Awaited<ReturnType<typeof startWireServer>>
const key = expect.stringMatching(/^[0-9a-f-]{36}$/)

const clientOf = (...links: TRPCLink<WireRouter>[]) =>
  createTRPCClient<WireRouter>({ links: [idempotencyLink(), ...links] })

/** Returns each kind of link that sends calls over HTTP, with the given transformer. */
const httpLinks = (url: string, transformer?: typeof superjson) => {
  const options = { url, headers: keyHeaders, ...(transformer && { transformer }) } as { url: string }
  return [httpLink(options), httpBatchLink(options), httpBatchStreamLink(options)] as const
}
const socketLink = (server: Server, transformer?: typeof superjson) =>
  wsLink<WireRouter>({ client: server.webSocketClient(), ...(transformer && { transformer }) } as never)

const warnings: string[] = []
beforeEach(() => {
  warnings.length = 0
  vi.spyOn(console, 'warn').mockImplementation((text: string) => warnings.push(text))
})
afterEach(() => vi.restoreAllMocks())

describe.each([
  ['JSON', undefined],
  ['superjson', superjson],
])('over a WebSocket with %s', (_, transformer) => {
  const start = () => startWireServer(transformer && { transformer })

  test('puts the key into the input of every mutation, including the first', async () => {
    await using server = await start()
    const client = clientOf(socketLink(server, transformer))
    expect(await client.save.mutate({ text: 'a' })).toEqual({ text: 'a' })
    await client.save.mutate({ text: 'b' })
    await client.touch.mutate()
    const inputs = server.received.map(({ input }) => input)
    expect(inputs).toEqual([
      { text: 'a', 'idempotency-key': key },
      { text: 'b', 'idempotency-key': key },
      { 'idempotency-key': key },
    ])
  })

  test('puts the key into query inputs after the first response over the socket', async () => {
    await using server = await start()
    const client = clientOf(socketLink(server, transformer))
    await client.read.query({ text: 'a' })
    await client.read.query({ text: 'b' })
    expect(server.received.map(({ input }) => input)).toEqual([
      { text: 'a' },
      { text: 'b', 'idempotency-key': key },
    ])
  })

  test('sends an array unchanged and warns once that it cannot carry the key', async () => {
    await using server = await start()
    const client = clientOf(socketLink(server, transformer))
    await client.save.mutate({ text: 'a' })
    expect(warnings).toEqual([])
    await client.saveList.mutate(['a'])
    await client.saveList.mutate(['b'])
    expect(server.received).toMatchObject([{}, { input: ['a'] }, { input: ['b'] }])
    expect(warnings).toEqual([expect.stringContaining('The input of saveList')])
  })

  test('warns once if a strict schema rejects the key', async () => {
    await using server = await start()
    const client = clientOf(socketLink(server, transformer))
    await client.saveStrictly.mutate({ text: 'a' })
    await client.saveStrictly.mutate({ text: 'b' })
    expect(warnings).toEqual([expect.stringContaining('The input of saveStrictly')])
  })

  test("resends the key in the operation's context over a new connection after the socket drops", async () => {
    await using server = await start()
    const save = (client: WireClient) =>
      client.saveThenDrop.mutate({ text: 'a' }, { context: { idempotencyKey: 'mine' } })
    await expect(save(clientOf(socketLink(server, transformer)))).rejects.toThrow()
    expect(await save(clientOf(socketLink(server, transformer)))).toEqual({ text: 'a' })
    const sent = { text: 'a', 'idempotency-key': 'mine' }
    expect(server.received.map(({ input }) => input)).toEqual([sent, sent])
  })

  // After the connection drops, tRPC 11.0.0's WebSocket client opens and closes sockets endlessly.
  test.skipIf(process.env.TRPC_VERSION === '11.0.0')(
    'keeps the key when retryLink resends a mutation after the socket drops',
    async () => {
      await using server = await start()
      const retry = retryLink<WireRouter>({
        // Until the client has a new connection, each attempt fails immediately.
        retry: ({ error, attempts }) => !error.data && attempts < 1_000,
        // Without a delay, tRPC 11.19 discards the retry together with the failed request.
        retryDelayMs: () => 10,
      })
      const client = clientOf(retry, socketLink(server, transformer))
      expect(await client.saveThenDrop.mutate({ text: 'a' })).toEqual({ text: 'a' })
      const [first, second] = server.received.map(({ input }) => input)
      expect(first).toEqual({ text: 'a', 'idempotency-key': key })
      expect(second).toEqual(first)
    },
  )

  test('stops sending keys to a mutation whose schema rejects them', async () => {
    await using server = await start()
    const client = clientOf(socketLink(server, transformer))
    expect(await client.saveStrictly.mutate({ text: 'a' })).toEqual({ text: 'a' })
    expect(await client.saveStrictly.mutate({ text: 'b' })).toEqual({ text: 'b' })
    expect(await client.touchVoid.mutate()).toBe('touched')
    expect(server.received.map(({ input }) => input)).toEqual([
      { text: 'a', 'idempotency-key': key },
      { text: 'a' },
      { text: 'b' },
      { 'idempotency-key': key },
      undefined,
    ])
  })

  test('does not resend a mutation after a BAD_REQUEST that is unrelated to the key', async () => {
    await using server = await start()
    const client = clientOf(socketLink(server, transformer))
    await expect(client.fail.mutate({ text: 'a' })).rejects.toThrow('no')
    expect(server.received).toHaveLength(1)
  })
})

describe.each([
  ['httpLink', 0],
  ['httpBatchLink', 1],
  ['httpBatchStreamLink', 2],
] as const)('over HTTP with %s', (_, index) => {
  test('never puts a key into a JSON body, even in the first request', async () => {
    await using server = await startWireServer()
    const client = clientOf(httpLinks(server.url)[index])
    expect(await client.saveRecord.mutate({ a: 'b' })).toEqual({ a: 'b' })
    expect(await client.saveStrictly.mutate({ text: 'a' })).toEqual({ text: 'a' })
    await client.read.query({ text: 'a' })
    expect(server.received).toEqual([
      { path: 'saveRecord', input: { a: 'b' }, header: key },
      { path: 'saveStrictly', input: { text: 'a' }, header: key },
      { path: 'read', input: { text: 'a' }, header: key },
    ])
  })

  test('puts the key only into the first mutation’s input if a transformer copies inputs', async () => {
    await using server = await startWireServer({ transformer: superjson })
    const client = clientOf(httpLinks(server.url, superjson)[index])
    expect(await client.save.mutate({ text: 'a' })).toEqual({ text: 'a' })
    await client.save.mutate({ text: 'b' })
    expect(server.received).toEqual([
      { path: 'save', input: { text: 'a', 'idempotency-key': key }, header: key },
      { path: 'save', input: { text: 'b' }, header: key },
    ])
  })

  test('warns only once about mutations over a link without `keyHeaders`', async () => {
    await using server = await startWireServer()
    const link = [httpLink, httpBatchLink, httpBatchStreamLink][index]
    const bare = clientOf((link ?? httpLink)({ url: server.url }))
    await bare.read.query({ text: 'a' })
    await bare.save.mutate({ text: 'a' })
    await bare.save.mutate({ text: 'b' })
    await expect(bare.fail.mutate({ text: 'c' })).rejects.toThrow('no')
    expect(warnings).toEqual([expect.stringContaining('Add headers: keyHeaders')])
    warnings.length = 0
    const keyed = clientOf(httpLinks(server.url)[index])
    await keyed.save.mutate({ text: 'a' })
    await expect(keyed.fail.mutate({ text: 'c' })).rejects.toThrow('no')
    expect(warnings).toEqual([])
  })

  test('puts no key into a mutation’s input after an HTTP query', async () => {
    await using server = await startWireServer({ transformer: superjson })
    const client = clientOf(httpLinks(server.url, superjson)[index])
    await client.read.query({ text: 'a' })
    await client.save.mutate({ text: 'b' })
    expect(server.received.map(({ input }) => input)).toEqual([{ text: 'a' }, { text: 'b' }])
  })

  test('resends the first mutation without the key if its strict schema rejects the key', async () => {
    await using server = await startWireServer({ transformer: superjson })
    const client = clientOf(httpLinks(server.url, superjson)[index])
    expect(await client.saveStrictly.mutate({ text: 'a' })).toEqual({ text: 'a' })
    expect(server.received.map(({ input, header }) => [input, header])).toEqual([
      [{ text: 'a', 'idempotency-key': key }, server.received[1]?.header],
      [{ text: 'a' }, server.received[0]?.header],
    ])
  })
})

test('sends FormData unchanged', async () => {
  await using server = await startWireServer()
  const client = clientOf(httpLinks(server.url)[0])
  const form = new FormData()
  form.set('name', 'a')
  expect(await client.upload.mutate(form)).toEqual(['name'])
})

test('leaves class instances unchanged', () => {
  const inputs: unknown[] = []
  class Order {
    text = 'a'
  }
  const record: TRPCLink<WireRouter> =
    () =>
    ({ op, next }) => {
      inputs.push(op.input)
      return next(op)
    }
  const client = clientOf(record, httpLinks('http://127.0.0.1:1')[1])
  const order = new Order()
  const date = new Date()
  client.save.mutate(order).catch(() => {})
  client.save.mutate(date as never).catch(() => {})
  expect(inputs).toEqual([order, date])
  expect(inputs[0]).toBe(order)
})

test('sends keys over both transports if each splitLink branch has its own idempotencyLink', async () => {
  await using server = await startWireServer({ transformer: superjson })
  const client = createTRPCClient<WireRouter>({
    links: [
      splitLink({
        condition: ({ path }) => path === 'touch',
        true: [idempotencyLink(), socketLink(server, superjson)],
        false: [idempotencyLink(), httpLinks(server.url, superjson)[1]],
      }),
    ],
  })
  await client.save.mutate({ text: 'a' })
  await client.touch.mutate()
  await client.save.mutate({ text: 'b' })
  await client.touch.mutate()
  expect(server.received.map(({ input, header }) => [input, header])).toEqual([
    [expect.anything(), key],
    [{ 'idempotency-key': key }, undefined],
    [{ text: 'b' }, key],
    [{ 'idempotency-key': key }, undefined],
  ])
})

test('puts no key into inputs if a splitLink sends only subscriptions over a WebSocket', async () => {
  await using server = await startWireServer({ transformer: superjson })
  const client = clientOf(
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: socketLink(server, superjson),
      false: httpLinks(server.url, superjson)[1],
    }),
  )
  await new Promise((onData) => client.count.subscribe(undefined, { onData }))
  await client.read.query({ text: 'a' })
  await client.save.mutate({ text: 'b' })
  expect(server.received.map(({ input }) => input)).toEqual([undefined, { text: 'a' }, { text: 'b' }])
})

test('puts no key into inputs after the first HTTP response, even if queries are served from a cache', async () => {
  await using server = await startWireServer({ transformer: superjson })
  const cache: TRPCLink<WireRouter> =
    () =>
    ({ op, next }) =>
      op.type === 'query'
        ? observable((observer) => {
            observer.next({ result: { type: 'data', data: 'cached' } })
            observer.complete()
          })
        : next(op)
  const client = clientOf(cache, httpLinks(server.url, superjson)[1])
  await client.read.query({ text: 'a' })
  await client.save.mutate({ text: 'b' })
  await client.read.query({ text: 'c' })
  await client.save.mutate({ text: 'd' })
  expect(server.received.map(({ input }) => input)).toEqual([
    { text: 'b', 'idempotency-key': key },
    { text: 'd' },
  ])
})

test.each([
  ['header', { text: 'a' }],
  ['input', { text: 'a', 'idempotency-key': key }],
] as const)('does not detect the transport if keyIn is "%s"', async (keyIn, input) => {
  await using server = await startWireServer({ transformer: superjson })
  const client = createTRPCClient<WireRouter>({
    links: [idempotencyLink({ keyIn }), httpLinks(server.url, superjson)[1]],
  })
  await client.save.mutate({ text: 'a' })
  await client.save.mutate({ text: 'a' })
  expect(server.received.map((call) => call.input)).toEqual([input, input])
})
