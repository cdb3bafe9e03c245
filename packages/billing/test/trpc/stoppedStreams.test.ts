// These tests stop the server while streams run over each transport.
import { once } from 'node:events'
import { request } from 'node:http'
import { createTRPCClient, httpBatchStreamLink, httpSubscriptionLink, splitLink, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { expect, test } from 'vitest'
import type { Command } from '../../src/ledger/commands.ts'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, type StackSetup, startStack, type User } from '../flowglad/startStack.ts'
import { FetchEventSource } from './FetchEventSource.ts'
import { serveEverywhere } from './serveEverywhere.ts'

type Work = (count: (units: number) => void) => unknown

/**
 * Starts an app whose procedures hold 50 tokens and charge the tokens that their work counts. The ledger
 * stays open after a shutdown.
 */
async function start(work: Work, setup: StackSetup = {}, fails: (command: Command) => boolean = () => false) {
  const ledger = sqliteLedger(':memory:')
  const stack = await startStack({
    ...setup,
    ledger: {
      ...ledger,
      close: async () => {},
      async execute(command) {
        if (fails(command)) throw new LedgerUnavailableError('storeOutOfReach')
        return ledger.execute(command)
      },
    },
    options: { shutdownGraceMs: 1_000, ...setup.options },
  })
  const { metered, options } = stack.billing.trpc
  const t = initTRPC.context<{ user: User }>().create(options())
  const written = t.procedure.use(metered('tokens', { hold: 50, cost: ({ usage }) => usage.total }))
  const router = t.router({
    write: written.mutation(({ ctx }) => work((units) => ctx.usage.add(units))),
    watch: written.subscription(({ ctx }) => work((units) => ctx.usage.add(units)) as AsyncIterable<unknown>),
  })
  const { url, socket, ...served } = await serveEverywhere(stack, router)
  const clientOf = (subscriptions: ReturnType<typeof wsLink>) =>
    createTRPCClient<typeof router>({
      links: [
        splitLink({
          condition: ({ type }) => type === 'subscription',
          true: subscriptions,
          false: httpBatchStreamLink({ url }),
        }),
      ],
    })
  return {
    url,
    http: clientOf(httpSubscriptionLink({ url, EventSource: FetchEventSource })),
    webSocket: clientOf(wsLink({ client: socket })),
    caller: router.createCaller({ user: aUser() }),
    meter: () =>
      stack.billing.meter(
        { customer: aUser(), meter: 'tokens', hold: 50, cost: ({ usage }) => usage.total },
        ({ usage }) => work(usage.add),
      ),
    close: () => stack.billing.close(),
    tokens: async () => (await ledger.balances('ada')).balances.find(({ meter }) => meter === 'tokens'),
    charged: async () =>
      (await ledger.charges({ customer: 'ada', limit: 10, cursor: null })).charges.map(
        ({ amount }) => amount,
      ),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      await stack[Symbol.asyncDispose]()
      await ledger.close()
    },
  }
}
type App = Awaited<ReturnType<typeof start>>
type Saw = (chunk: unknown) => void

/** Counts and yields three words and then hangs, like a stalled model connection. */
async function* words(count: (units: number) => void) {
  for (const word of ['one', 'two', 'three']) {
    count(1)
    yield word
  }
  await new Promise(() => {})
}
const spoken = (count: (units: number) => void) =>
  observable((observer) => {
    for (const word of ['one', 'two', 'three']) {
      count(1)
      observer.next(word)
    }
  })

async function readAll(stream: unknown, saw: Saw) {
  for await (const chunk of stream as AsyncIterable<unknown>) saw(chunk)
}
const subscribe = (client: App['http'], saw: Saw) =>
  new Promise<void>((resolve, reject) => {
    const subscription = client.watch.subscribe(undefined, {
      onData: saw,
      onError: reject,
      onComplete: resolve,
      // After an error, an EventSource reconnects instead of calling `onError`.
      onConnectionStateChange({ error }) {
        if (!error) return
        reject(error)
        subscription.unsubscribe()
      },
    })
  })

const outputs: [string, Work, (app: App, saw: Saw) => Promise<unknown>][] = [
  ['a stream over HTTP', words, async (app, saw) => readAll(await app.http.write.mutate(), saw)],
  [
    'a stream in a result over HTTP',
    (count) => ({ id: 1, text: words(count) }),
    async (app, saw) => readAll(((await app.http.write.mutate()) as { text: unknown }).text, saw),
  ],
  ['a subscription over server-sent events', words, (app, saw) => subscribe(app.http, saw)],
  ['a subscription over a WebSocket', words, (app, saw) => subscribe(app.webSocket, saw)],
  ['an observable over a WebSocket', spoken, (app, saw) => subscribe(app.webSocket, saw)],
  [
    'a stream for a caller in this process',
    words,
    async (app, saw) => readAll(await app.caller.write(), saw),
  ],
  ['a billing.meter stream', words, async (app, saw) => readAll(await app.meter(), saw)],
]

test.each(outputs)(
  'charges the counted units of %s and ends it with an error when the server stops',
  async (_, work, read) => {
    await using app = await start(work)
    const seen: unknown[] = []
    const reading = read(app, (chunk) => seen.push(chunk)).catch((error: unknown) => error)
    await expect.poll(() => seen).toEqual(['one', 'two', 'three'])
    await app.close()
    expect(await app.charged()).toEqual([3])
    expect(await app.tokens()).toMatchObject({ held: 0, used: 3 })
    expect(await reading).toMatchObject({ message: expect.stringContaining('The server is stopping') })
    expect(seen).toHaveLength(3)
  },
)

/** Returns an observable whose cleanup throws. */
const untidy: Work = (count) =>
  observable((observer) => {
    count(1)
    observer.next('one')
    return () => {
      throw new Error('cleaning up failed')
    }
  })

test("charges and ends all streams when the server stops even if an observable's cleanup throws", async () => {
  await using app = await start(untidy)
  const seen: unknown[] = []
  const saw = (chunk: unknown) => seen.push(chunk)
  const readings = [app.http, app.webSocket].map((client) => subscribe(client, saw).catch(String))
  await expect.poll(() => seen).toHaveLength(2)
  await app.close()
  const stopped = expect.stringContaining('The server is stopping')
  expect(await Promise.all(readings)).toEqual([stopped, stopped])
  expect(await app.charged()).toEqual([1, 1])
})

test('charges an observable when the reader leaves, even if the cleanup throws', async () => {
  await using app = await start(untidy)
  const output = (await app.caller.watch()) as unknown as ReturnType<typeof observable>
  const subscription = output.subscribe({})
  expect(() => subscription.unsubscribe()).toThrow('cleaning up failed')
  await expect.poll(app.charged).toEqual([1])
  expect(await app.tokens()).toMatchObject({ held: 0 })
})

test('ends a stream with SERVICE_UNAVAILABLE when the server stops', async () => {
  await using app = await start(words)
  const reading = readAll(await app.http.write.mutate(), () => {}).catch((error: unknown) => error)
  await app.close()
  expect(await reading).toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE', billing: null } })
})

test('rejects a promise in a result when the server stops', async () => {
  let resolve = (_: unknown) => {}
  const promise = new Promise((done) => {
    resolve = done
  })
  await using app = await start((count) => {
    count(3)
    return { text: promise }
  })
  const { text } = (await app.http.write.mutate()) as { text: Promise<unknown> }
  const reading = text.catch((error: unknown) => error)
  await app.close()
  expect(await reading).toMatchObject({ message: expect.stringContaining('The server is stopping') })
  // Nothing reads this value, but its rejected promise must not end the process.
  resolve({ late: Promise.reject(new Error('not read')) })
  expect(await app.charged()).toEqual([3])
})

test("charges a stream's counted units if the reader is stalled when the server stops", async () => {
  let counted = 0
  await using app = await start(async function* (count) {
    for (;;) {
      count(1)
      counted++
      yield 'x'.repeat(100_000)
    }
  })
  const headers = { 'content-type': 'application/json', 'trpc-accept': 'application/jsonl' }
  const sent = request(`${app.url}/write?batch=1`, { method: 'POST', headers }).on('error', () => {})
  sent.end('{"0":{}}')
  const [response] = await once(sent, 'response')
  response.on('error', () => {}).pause()
  let last = -1
  await expect
    .poll(() => {
      const isStalled = counted > 0 && counted === last
      last = counted
      return isStalled
    })
    .toBe(true)
  await app.close()
  expect(await app.charged()).toEqual([counted])
  expect(await app.tokens()).toMatchObject({ held: 0 })
  sent.destroy()
})

test.each([
  ['nothing', 'release', []],
  ['the held units', 'settle', [50]],
] as const)(
  'charges %s for a stopped stream without counted units if onExpiry is %s',
  async (_, onExpiry, expected) => {
    const silentWork = async function* () {
      yield 'one'
      await new Promise(() => {})
    }
    await using app = await start(silentWork, { policies: { tokens: { onExpiry } } })
    const seen: unknown[] = []
    const reading = readAll(await app.http.write.mutate(), (chunk) => seen.push(chunk)).catch(() => {})
    await expect.poll(() => seen).toEqual(['one'])
    await app.close()
    await reading
    expect(await app.charged()).toEqual(expected)
    expect(await app.tokens()).toMatchObject({ held: 0 })
  },
)

test('lets a stream finish and charges it if it ends during the shutdown grace period', async () => {
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  await using app = await start(
    async function* (count) {
      count(1)
      yield 'one'
      await finished
      count(1)
      yield 'two'
    },
    { options: { shutdownGraceMs: 600_000 } },
  )
  const seen: unknown[] = []
  const reading = readAll(await app.http.write.mutate(), (chunk) => seen.push(chunk))
  await expect.poll(() => seen).toEqual(['one'])
  const closing = app.close()
  finish()
  await reading
  await closing
  expect(seen).toEqual(['one', 'two'])
  expect(await app.charged()).toEqual([2])
})

test('charges nothing for an unread stream when the server stops', async () => {
  await using app = await start(words, { options: { shutdownGraceMs: 0 } })
  const stream = await app.caller.write()
  await app.close()
  await expect(readAll(stream, () => {})).rejects.toThrow('The server is stopping')
  expect(await app.charged()).toEqual([])
  expect(await app.tokens()).toMatchObject({ held: 0 })
})

test('charges a stopped stream despite a brief outage of the ledger', async () => {
  let failures = 0
  await using app = await start(words, {}, ({ type }) => type === 'settle' && ++failures <= 2)
  const seen: unknown[] = []
  const reading = readAll(await app.meter(), (chunk) => seen.push(chunk)).catch((error: unknown) => error)
  await expect.poll(() => seen).toHaveLength(3)
  await app.close()
  expect(await reading).toMatchObject({ name: 'StreamStoppedError' })
  expect(await app.charged()).toEqual([3])
})
