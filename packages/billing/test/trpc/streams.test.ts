import { request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client'
import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/index.ts'
import { aUser } from '../flowglad/startStack.ts'
import { FetchEventSource } from './FetchEventSource.ts'
import { type AppRouter, startApp, type Work } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>
type Write = Work['write']

/** An app that can't close while a call is in flight, so a hold or a renewal that leaks from a test makes it time out. */
const start = (write?: Write) =>
  startApp({ ...(write ? { work: { write } } : {}), options: { shutdownGraceMs: 600_000 } })
const balanceOf = async (app: App, meter: string) =>
  (await app.client.billing.balances.query()).balances.find((row) => row.meter === meter)
const tokens = (app: App) => balanceOf(app, 'tokens')
const charged = async (app: App) =>
  (await app.ledger.charges({ customer: 'ada', limit: 100, cursor: null })).charges.map(
    ({ amount }) => amount,
  )
const nothingHeld = (app: App) => expect.poll(async () => (await tokens(app))?.held).toBe(0)
/** Reads a stream of at most 50 tokens to its end. */
async function read(app: App, procedure: 'write' | 'writeBoth' | 'writeFree' = 'write') {
  const seen: unknown[] = []
  for await (const token of await app.streaming[procedure].mutate({ tokens: 50 })) seen.push(token)
  return seen
}

/** Counts and yields each token, but waits for permission after `free` of them. */
function paced(free: number) {
  let proceed = () => {}
  const gate = new Promise<void>((resolve) => {
    proceed = resolve
  })
  let cleaned = 0
  const write: Write = async function* ({ tokens: amount }, count) {
    try {
      for (let n = 0; n < amount; n++) {
        if (n === free) await gate
        count(1)
        yield `t${n}`
      }
    } finally {
      cleaned++
    }
  }
  return { write, proceed: () => proceed(), cleaned: () => cleaned }
}

/** Three tokens, then it waits for what never comes: a model whose connection hangs, and who was not told that nobody reads any more. */
const hanging: Write = async function* (_, count) {
  for (let n = 0; n < 3; n++) {
    count(1)
    yield `t${n}`
  }
  await new Promise(() => {})
}

/** Three tokens, then a model's SDK that was given the signal: it throws as soon as nobody reads any more. */
const obeying: Write = async function* (_, count, signal) {
  for (let n = 0; n < 3; n++) {
    count(1)
    yield `t${n}`
  }
  await setTimeout(600_000, undefined, { signal })
}

const failingAfter = (counted: number): Write =>
  async function* (_, count) {
    if (counted > 0) {
      count(counted)
      yield 'one'
    }
    throw new Error('the model is gone')
  }

test('a stream holds the most it may take, and is charged what it really counted', async () => {
  const work = paced(2)
  await using app = await start(work.write)
  const stream = await app.streaming.write.mutate({ tokens: 5 })
  const seen: string[] = []
  for await (const token of stream) {
    seen.push(token)
    if (seen.length === 2) {
      expect(await tokens(app)).toMatchObject({ available: 1_995, held: 5, used: 0 })
      work.proceed()
    }
  }
  expect(seen).toHaveLength(5)
  expect(await charged(app)).toEqual([5])
  expect(await tokens(app)).toMatchObject({ available: 1_995, held: 0, used: 5 })
})

type Streaming = 'write' | 'writeBoth'
/** Every way in which a reader goes after its third chunk. */
const departures: [string, (app: App, procedure?: Streaming) => Promise<void>][] = [
  [
    'leaves',
    async (app, procedure = 'write') => {
      for await (const token of await app.streaming[procedure].mutate({ tokens: 500 }))
        if (token === 't2') break
    },
  ],
  [
    'aborts',
    async (app, procedure = 'write') => {
      const abort = new AbortController()
      const stream = await app.streaming[procedure].mutate({ tokens: 500 }, { signal: abort.signal })
      const reading = (async () => {
        for await (const token of stream) if (token === 't2') abort.abort()
      })()
      await reading.catch(() => {})
    },
  ],
  [
    'loses the network',
    (app, procedure = 'write') =>
      new Promise((resolve, reject) => {
        const headers = {
          user: 'ada',
          'content-type': 'application/json',
          'trpc-accept': 'application/jsonl',
        }
        const sent = request(`${app.url}/${procedure}?batch=1`, { method: 'POST', headers }, (response) => {
          response.on('error', () => {})
          response.on('data', (chunk: Buffer) => {
            if (!chunk.includes('t2')) return
            response.socket.destroy()
            resolve()
          })
        })
        sent.on('error', reject)
        sent.end(JSON.stringify({ 0: { tokens: 500 } }))
      }),
  ],
]

test.each(departures)(
  'a reader who %s after three chunks is charged what was counted, once, and nothing stays held',
  async (_, depart) => {
    const work = paced(3)
    await using app = await start(work.write)
    await depart(app)
    work.proceed()
    await nothingHeld(app)
    await expect.poll(() => work.cleaned()).toBe(1)
    const [amount = 0, ...more] = await charged(app)
    expect(amount).toBeGreaterThanOrEqual(3)
    expect(more).toEqual([])
    expect(await tokens(app)).toMatchObject({ available: 2_000 - amount, held: 0 })
  },
)

test.each(departures)(
  'a generator that hangs, and is told nothing, holds nothing once its reader %s, and is charged what it counted',
  async (_, depart) => {
    await using app = await start(hanging)
    await depart(app)
    await nothingHeld(app)
    expect(await charged(app)).toEqual([3])
  },
)

test.each(departures)(
  'work that ends itself because its reader %s costs as much as work that was told nothing: its fixed price, and what it counted',
  async (_, depart) => {
    await using app = await start(obeying)
    await depart(app, 'writeBoth')
    await nothingHeld(app)
    expect((await charged(app)).sort()).toEqual([3, 3])
    expect(await balanceOf(app, 'generations')).toMatchObject({ available: 7, held: 0 })
  },
)

test('a stream whose reader went before its first pull costs nothing, fixed price or not', async () => {
  await using app = await start()
  const reader = new AbortController()
  const caller = app.router.createCaller({ user: aUser() }, { signal: reader.signal })
  const stream = await caller.writeBoth({ tokens: 50 })
  reader.abort()
  const seen: unknown[] = []
  for await (const token of stream) seen.push(token)
  expect(seen).toEqual([])
  expect(await charged(app)).toEqual([])
  expect(await balanceOf(app, 'generations')).toMatchObject({ available: 10, held: 0 })
})

test('a stream that nobody ever pulls is not kept alive by a renewal that was under way when it was made', async () => {
  const ledger = sqliteLedger(':memory:')
  let renewals = 0
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const execute: typeof ledger.execute = async (command) => {
    if (command.type === 'renew') {
      renewals++
      await answered
    }
    return ledger.execute(command)
  }
  await using app = await startApp({
    ledger: { ...ledger, execute },
    options: { holdTtlMs: 1_000, shutdownGraceMs: 0 },
    work: {
      async generate() {
        await expect.poll(() => renewals).toBe(1)
        return (async function* () {})()
      },
    },
  })
  await app.router.createCaller({ user: aUser() }).generate({ prompt: 'unread', count: 1 })
  answer()
  await expect.poll(async () => (await balanceOf(app, 'generations'))?.held).toBe(0)
  expect(renewals).toBe(1)
})

test('a generator that throws is charged for what it counted, once', async () => {
  await using app = await start(failingAfter(4))
  await expect(read(app)).rejects.toThrow('the model is gone')
  expect(await charged(app)).toEqual([4])
  await nothingHeld(app)
})

test('a stream on several meters that fails costs what it counted, not the fixed price of its success', async () => {
  await using app = await start(failingAfter(4))
  await expect(read(app, 'writeBoth')).rejects.toThrow('the model is gone')
  expect(await balanceOf(app, 'generations')).toMatchObject({ available: 10, held: 0 })
  expect(await tokens(app)).toMatchObject({ used: 4, held: 0 })
})

test('a stream on several meters that fails before it counts gives all of them back', async () => {
  await using app = await start(failingAfter(0))
  await expect(read(app, 'writeBoth')).rejects.toThrow('the model is gone')
  expect(await balanceOf(app, 'generations')).toMatchObject({ available: 10, held: 0 })
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
  expect(await charged(app)).toEqual([])
})

test('a generator that throws before it counts costs nothing', async () => {
  await using app = await start(failingAfter(0))
  await expect(read(app)).rejects.toThrow('the model is gone')
  expect(await charged(app)).toEqual([])
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
})

test('usage beyond the hold is charged all the same', async () => {
  await using app = await start(async function* (_, count) {
    count(80)
    yield 'more than thought'
  })
  await read(app)
  expect(await charged(app)).toEqual([80])
})

/** Yields what JSON cannot carry, as an untyped model's answer may. */
const unsendable: Write = async function* ({ tokens: amount }, count) {
  if (amount === 50) yield { toJSON: () => 10n } as unknown as string
  count(2)
  yield 'fine'
}

test.each(['write', 'writeFree'] as const)(
  'a chunk that cannot be serialized fails its own stream (%s), costs nothing uncounted, and leaves its neighbours alone',
  async (procedure) => {
    await using app = await start(unsendable)
    const neighbour = async () => {
      const seen: unknown[] = []
      for await (const token of await app.streaming.write.mutate({ tokens: 3 })) seen.push(token)
      return seen
    }
    const [bad, good] = await Promise.allSettled([read(app, procedure), neighbour()])
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('cannot be serialized'), data: { httpStatus: 500 } },
    })
    expect(good).toEqual({ status: 'fulfilled', value: ['fine'] })
    expect(await charged(app)).toEqual([2])
    await nothingHeld(app)
  },
)

test('a generator called over a link that cannot stream answers 415 and leaves no hold and no timer behind', async () => {
  await using app = await start()
  await expect(app.client.write.mutate({ tokens: 50 })).rejects.toMatchObject({ data: { httpStatus: 415 } })
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
  expect(await charged(app)).toEqual([])
})

test('a call under the key of a finished stream gets ALREADY_COMPLETED: streams are not kept', async () => {
  await using app = await start()
  const options = { context: { idempotencyKey: 'k' } }
  for await (const _ of await app.streaming.write.mutate({ tokens: 3 }, options));
  await expect(app.streaming.write.mutate({ tokens: 3 }, options)).rejects.toMatchObject({
    data: { billing: { code: 'ALREADY_COMPLETED' } },
  })
  expect(await charged(app)).toEqual([3])
})

test.each(['watch', 'watchKeyed'] as const)(
  'a subscription (%s) is charged what it counted, and its continuation only for what it newly counts',
  async (name) => {
    await using app = await start()
    const client = createTRPCClient<AppRouter>({
      links: [
        httpSubscriptionLink({
          url: app.url,
          EventSource: FetchEventSource,
          eventSourceOptions: () => ({ headers: { user: 'ada', 'idempotency-key': 'same' } }),
        }),
      ],
    })
    const watch = (amount: number, lastEventId: string | null) =>
      new Promise<void>((resolve, reject) => {
        const { unsubscribe } = client[name].subscribe(
          { tokens: amount, lastEventId },
          {
            onComplete() {
              unsubscribe()
              resolve()
            },
            onError: reject,
          },
        )
      })
    await watch(6, null)
    await watch(2, '5')
    expect((await charged(app)).sort()).toEqual([2, 6])
    expect(await tokens(app)).toMatchObject({ available: 1_992, held: 0 })
  },
)

test('a subscription whose generator hangs holds nothing once its reader disconnects, and is charged what it counted', async () => {
  await using app = await start(hanging)
  const abort = new AbortController()
  const input = encodeURIComponent(JSON.stringify({ tokens: 50 }))
  const response = await fetch(`${app.url}/watch?input=${input}`, {
    headers: { user: 'ada' },
    signal: abort.signal,
  })
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? [])
    if (text.includes('t2')) break
  abort.abort()
  await nothingHeld(app)
  expect(await charged(app)).toEqual([3])
})
