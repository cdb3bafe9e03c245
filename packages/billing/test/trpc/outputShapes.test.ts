// Tests unusual outputs over every transport. An output that tRPC can't send costs nothing. Any output that tRPC
// can send is charged when the output ends.
import { setTimeout } from 'node:timers/promises'
import { deserialize, serialize } from 'node:v8'
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
} from '@trpc/client'
import { type DataTransformer, initTRPC, tracked } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { expect, test } from 'vitest'
import { aUser, startStack, type User } from '../flowglad/startStack.ts'
import { FetchEventSource } from './FetchEventSource.ts'
import { serveEverywhere } from './serveEverywhere.ts'

type Work = (count: (units: number) => void) => unknown

/** Starts an app whose procedures hold 50 tokens and cost what their work counts. */
async function start(work: Work, transformer?: DataTransformer) {
  const stack = await startStack()
  const { metered, options } = stack.billing.trpc
  // The transformer changes only the wire format, not the types that these tests use.
  const t = initTRPC.context<{ user: User }>().create(options((transformer ? { transformer } : {}) as object))
  const written = t.procedure.use(metered('tokens', { hold: 50, cost: ({ usage }) => usage.total }))
  const router = t.router({
    write: written.mutation(({ ctx }) => work((units) => ctx.usage.add(units))),
    watch: written.subscription(({ ctx }) => work((units) => ctx.usage.add(units)) as AsyncIterable<unknown>),
    nested: t.procedure.mutation(
      async ({ ctx, signal }): Promise<unknown[]> =>
        readAll(await router.createCaller(ctx, signal ? { signal } : {}).write()),
    ),
  })
  const { url, socket, ...served } = await serveEverywhere(stack, router)
  const wire = (transformer ? { transformer } : {}) as { transformer?: never }
  const webSocket = wsLink({ client: socket, ...wire })
  const clientWith = (link: typeof webSocket) =>
    createTRPCClient<typeof router>({
      links: [
        splitLink({
          condition: ({ type }) => type === 'subscription' && link !== webSocket,
          true: httpSubscriptionLink({ url, EventSource: FetchEventSource, ...wire }),
          false: link,
        }),
      ],
    })
  return {
    http: clientWith(httpLink({ url, ...wire })),
    batch: clientWith(httpBatchLink({ url, ...wire })),
    streaming: clientWith(httpBatchStreamLink({ url, ...wire })),
    webSocket: clientWith(webSocket),
    held: async () =>
      (await stack.billing.balances(aUser())).balances.find(({ meter }) => meter === 'tokens')?.held,
    charged: async () =>
      (await stack.ledger.charges({ customer: 'ada', limit: 100, cursor: null })).charges.map(
        ({ amount }) => amount,
      ),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      await stack[Symbol.asyncDispose]()
    },
  }
}
type App = Awaited<ReturnType<typeof start>>
type Transport = 'http' | 'batch' | 'streaming' | 'webSocket'

async function readAll(stream: unknown) {
  const seen: unknown[] = []
  for await (const chunk of stream as AsyncIterable<unknown>) seen.push(chunk)
  return seen
}

/** Reads the promises and streams in an output. */
async function readParts(output: unknown): Promise<unknown> {
  const value = await output
  if (typeof value !== 'object' || value === null) return value
  return Symbol.asyncIterator in value ? readAll(value) : Promise.all(Object.values(value).map(readParts))
}

async function expectFree(app: App) {
  await expect.poll(app.held).toBe(0)
  expect(await app.charged()).toEqual([])
}

/** Subscribes and returns the chunks. If an error occurs, its message follows the chunks. */
const watch = (app: App, transport: 'http' | 'webSocket') =>
  new Promise<unknown[]>((resolve) => {
    const seen: unknown[] = []
    const subscription = app[transport].watch.subscribe(undefined, {
      onData: (chunk) => seen.push(chunk),
      onError: (error) => end(error.message),
      // After an error, an EventSource reconnects instead of calling `onError`.
      onConnectionStateChange: ({ error }) => error && end(error.message),
      onComplete: () => end(),
    })
    function end(...message: string[]) {
      subscription.unsubscribe()
      resolve([...seen, ...message])
    }
  })

async function* words(count: (units: number) => void) {
  for (const word of ['one', 'two', 'three']) {
    count(1)
    yield word
  }
}

class Page {
  constructor(readonly text: Promise<string>) {}
}

const lateWords: Work = (count) =>
  observable<string>((observer) => {
    void (async () => {
      for await (const word of words(count)) {
        await setTimeout(5)
        observer.next(word)
      }
      observer.complete()
    })()
  })

test.each<[string, Work, Transport[]]>([
  [
    'a class instance that contains a promise',
    (count) => new Page(setTimeout(5, 'x').finally(() => count(1))),
    ['http', 'batch', 'streaming', 'webSocket'],
  ],
  [
    'a list of class instances that contain promises',
    (count) => [new Page(setTimeout(5, 'x').finally(() => count(1)))],
    ['http', 'batch', 'streaming', 'webSocket'],
  ],
  ['an observable', lateWords, ['http', 'batch', 'webSocket']],
  [
    'an object that inherits from another object and contains a stream',
    (count) => Object.assign(Object.create({}), { text: words(count) }),
    ['http', 'batch', 'webSocket'],
  ],
])('charges nothing for %s that tRPC cannot send', async (_, work, transports) => {
  await using app = await start((count) => {
    count(2)
    return work(count)
  })
  for (const transport of transports) await expect(app[transport].write.mutate()).rejects.toThrow()
  await expectFree(app)
})

function lockedStream() {
  const stream = new ReadableStream()
  stream.getReader()
  return stream
}
const fail = async (ms: number): Promise<never> => {
  if (ms > 0) await setTimeout(ms)
  throw new Error('the model failed')
}
// Vitest fails these tests if a rejection is unhandled.
test.each<[string, () => unknown]>([
  ['a property', () => ({ text: fail(0) })],
  ['a property after a delay', () => ({ text: fail(5) })],
  ['a nested property', () => ({ pages: [{ text: fail(0) }] })],
  ['a nested property after a delay', () => ({ pages: [{ text: fail(5) }] })],
  ['an instance of a class', () => new Page(fail(5))],
  ['a property of a promise', () => ({ page: Promise.resolve({ text: fail(5) }) })],
  ['a property beside a value that cannot be sent', () => ({ text: fail(5), size: 1n })],
  ['a property beside a locked stream', () => ({ text: lockedStream(), title: fail(5) })],
  [
    'a chunk that cannot be sent',
    async function* () {
      yield { text: fail(5), size: 1n }
    },
  ],
])('charges nothing and keeps running if a promise rejects in %s', async (_, output) => {
  await using app = await start(output)
  for (const transport of ['http', 'batch', 'streaming', 'webSocket'] as const)
    await expect(app[transport].write.mutate().then(readParts)).rejects.toThrow()
  await setTimeout(20)
  await expectFree(app)
})

test('charges the counted units of a stream with a chunk that contains a locked stream', async () => {
  await using app = await start(async function* (count) {
    count(3)
    yield { text: lockedStream() }
  })
  await expect(app.streaming.write.mutate().then(readParts)).rejects.toThrow('locked')
  await expect.poll(app.held).toBe(0)
  expect(await app.charged()).toEqual([3])
})

test('charges nothing for an output with a locked stream even if a promise in it resolves', async () => {
  let resolved = Promise.resolve()
  await using app = await start((count) => {
    const title = setTimeout(5, 'x').finally(() => count(1))
    resolved = title.then(() => {})
    return { title, text: lockedStream() }
  })
  await expect(app.streaming.write.mutate().then(readParts)).rejects.toThrow('locked')
  await resolved
  await setTimeout(20)
  await expectFree(app)
})

test('charges for a mutation’s observable when the observable completes', async () => {
  await using app = await start(lateWords)
  const output = await app.streaming.write.mutate()
  expect(await app.charged()).toEqual([])
  expect(await readAll(output)).toEqual(['one', 'two', 'three'])
  expect(await app.charged()).toEqual([3])
})

test('charges a stream in an object that inherits from another object when the stream ends', async () => {
  await using app = await start((count) => Object.assign(Object.create({}), { text: words(count) }))
  const { text } = (await app.streaming.write.mutate()) as { text: unknown }
  expect(await app.charged()).toEqual([])
  expect(await readAll(text)).toEqual(['one', 'two', 'three'])
  expect(await app.charged()).toEqual([3])
})

test.each<[string, () => unknown]>([
  ['a value', () => 'done'],
  ['an object with a promise', () => ({ text: setTimeout(5, 'x') })],
  ['an object with a stream', () => ({ text: words(() => {}) })],
])('charges nothing for a subscription that returns %s instead of a stream', async (_, output) => {
  await using app = await start((count) => {
    count(2)
    return output()
  })
  expect(await watch(app, 'webSocket')).toEqual([expect.stringContaining('did not return')])
  await watch(app, 'http')
  await expectFree(app)
})

test.each(['http', 'webSocket'] as const)(
  'charges a stream that a resolver reads through a server-side caller with a signal (over %s)',
  async (transport) => {
    await using app = await start(words)
    expect(await app[transport].nested.mutate()).toEqual(['one', 'two', 'three'])
    expect(await app.charged()).toEqual([3])
    expect(await app.held()).toBe(0)
  },
)

/** Serializes values as text and, like devalue, throws for symbols. */
const text = {
  serialize: (value: unknown) => serialize(value).toString('base64'),
  deserialize: (value: string) => deserialize(Buffer.from(value, 'base64')),
}
test.each(['http', 'webSocket'] as const)(
  'sends tracked chunks over %s with a transformer that throws for symbols',
  async (transport) => {
    await using app = await start(async function* (count) {
      for (const id of ['a', 'b']) {
        count(1)
        yield tracked(id, { at: new Date(1) })
      }
    }, text)
    const chunks = await watch(app, transport)
    expect(chunks).toHaveLength(2)
    expect(JSON.stringify(chunks)).toContain('1970-01-01')
    expect(await app.charged()).toEqual([2])
  },
)

test('reads a hand-written async iterator whose `next` does not return a promise', async () => {
  await using app = await start((count) => {
    let n = 0
    const next = () => {
      count(1)
      return { done: ++n > 3, value: n }
    }
    return { [Symbol.asyncIterator]: () => ({ next }) }
  })
  expect(await readAll(await app.streaming.write.mutate())).toEqual([1, 2, 3])
  expect(await app.charged()).toEqual([4])
})

test('charges nothing for an observable that throws on subscription', async () => {
  await using app = await start(() =>
    observable(() => {
      throw new Error('the model failed')
    }),
  )
  expect(await watch(app, 'webSocket')).toEqual(['the model failed'])
  await watch(app, 'http')
  await expectFree(app)
})
