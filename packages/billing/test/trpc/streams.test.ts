import { request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client'
import { expect, test } from 'vitest'
import { InvalidAmountError } from '../../src/contract/errors.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from '../flowglad/startStack.ts'
import { FetchEventSource } from './FetchEventSource.ts'
import { readEvents } from './readEvents.ts'
import { type AppRouter, startApp, type Work } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>
type Write = Work['write']

/** Starts an app that can't close while a call is in flight. A leaked hold or renewal makes the test time out. */
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
/** Reads a whole stream of at most 50 tokens. */
async function read(app: App, procedure: 'write' | 'writeBoth' | 'writeFree' = 'write') {
  const seen: unknown[] = []
  for await (const token of await app.streaming[procedure].mutate({ tokens: 50 })) seen.push(token)
  return seen
}

/**
 * Creates work that counts and yields each token. After `free` tokens, the work waits until `proceed()` is called.
 */
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

/** Yields three tokens and then hangs, like a stalled model connection that ignores the abort signal. */
const hanging: Write = async function* (_, count) {
  for (let n = 0; n < 3; n++) {
    count(1)
    yield `t${n}`
  }
  await new Promise(() => {})
}

/** Yields three tokens and then throws when the signal aborts, as a model's SDK does. */
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

test('holds the maximum amount for a stream but charges the counted usage', async () => {
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
/** The ways in which a reader can leave after the third chunk. */
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
  'charges the counted usage once when the reader %s after three chunks',
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
  'charges the counted usage of a hanging generator when its reader %s',
  async (_, depart) => {
    await using app = await start(hanging)
    await depart(app)
    await nothingHeld(app)
    expect(await charged(app)).toEqual([3])
  },
)

test.each(departures)(
  'charges the fixed cost and counted usage of work that stops because its reader %s',
  async (_, depart) => {
    await using app = await start(obeying)
    await depart(app, 'writeBoth')
    await nothingHeld(app)
    expect((await charged(app)).sort()).toEqual([3, 3])
    expect(await balanceOf(app, 'generations')).toMatchObject({ available: 7, held: 0 })
  },
)

test('charges nothing for a stream whose reader left before the first read', async () => {
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

test("lets an unread stream's hold expire despite a pending renewal", async () => {
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

test('charges the counted usage once when a generator throws', async () => {
  await using app = await start(failingAfter(4))
  await expect(read(app)).rejects.toThrow('the model is gone')
  expect(await charged(app)).toEqual([4])
  await nothingHeld(app)
})

test('charges a failed stream on several meters only for its counted usage', async () => {
  await using app = await start(failingAfter(4))
  await expect(read(app, 'writeBoth')).rejects.toThrow('the model is gone')
  expect(await balanceOf(app, 'generations')).toMatchObject({ available: 10, held: 0 })
  expect(await tokens(app)).toMatchObject({ used: 4, held: 0 })
})

test('returns all held units when a stream on several meters fails before it counts units', async () => {
  await using app = await start(failingAfter(0))
  await expect(read(app, 'writeBoth')).rejects.toThrow('the model is gone')
  expect(await balanceOf(app, 'generations')).toMatchObject({ available: 10, held: 0 })
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
  expect(await charged(app)).toEqual([])
})

test('charges nothing when a generator throws before it counts units', async () => {
  await using app = await start(failingAfter(0))
  await expect(read(app)).rejects.toThrow('the model is gone')
  expect(await charged(app)).toEqual([])
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
})

test('charges the counted usage in full if it exceeds the hold', async () => {
  await using app = await start(async function* (_, count) {
    count(80)
    yield 'more than thought'
  })
  await read(app)
  expect(await charged(app)).toEqual([80])
})

test("keeps the error code when a stream's work throws", async () => {
  await using app = await start(async function* (_, count) {
    count(1)
    yield 'one'
    throw new InvalidAmountError("the app's amount is invalid")
  })
  await expect(read(app)).rejects.toMatchObject({ data: { code: 'INTERNAL_SERVER_ERROR', billing: null } })
})

/** Counts usage only at the end, as model providers do. */
const countingLate: Write = async function* (_, count, signal) {
  yield 'one'
  await setTimeout(600_000, undefined, { signal })
  count(7)
}

const leaveAfterOne = async (app: App) => {
  for await (const _ of await app.streaming.write.mutate({ tokens: 50 })) break
  await nothingHeld(app)
}
const countingOne: Write = async function* (_, count, signal) {
  count(1)
  yield 'one'
  await setTimeout(600_000, undefined, { signal })
}

test.each([
  ['the held units', 'hold', 'has counted units', countingOne, [50]],
  ['the held units', 'hold', 'has counted nothing', countingLate, [50]],
  ['the counted units', 'counted', 'has counted units', countingOne, [1]],
  ['nothing', 'counted', 'has counted nothing', countingLate, []],
  ['the counted units', undefined, 'has counted units', countingOne, [1]],
  ['the held units', undefined, 'has counted nothing', countingLate, [50]],
] as const)(
  'charges %s if onLeave is %s and the reader leaves a stream that %s',
  async (_, onLeave, __, write, expected) => {
    await using app = await startApp({
      work: { write },
      policies: { tokens: onLeave ? { onLeave } : {} },
      options: { shutdownGraceMs: 600_000 },
    })
    await leaveAfterOne(app)
    expect(await charged(app)).toEqual(expected)
  },
)

test('charges a finished stream for its counted units regardless of onLeave', async () => {
  await using app = await startApp({ policies: { tokens: { onLeave: 'hold' } } })
  for await (const _ of await app.streaming.write.mutate({ tokens: 3 }));
  expect(await charged(app)).toEqual([3])
})

test('charges and flags the held units of a finished stream that never counted usage', async () => {
  await using app = await start(async function* () {
    yield 'one'
  })
  expect(await read(app)).toEqual(['one'])
  const { charges } = await app.ledger.charges({ customer: 'ada', limit: 100, cursor: null })
  expect(charges).toMatchObject([{ amount: 50, flagged: expect.stringContaining('never called usage.add') }])
})

test('charges only the counted units of a stream that fails after counting an invalid amount', async () => {
  await using app = await start(async function* (_, count) {
    count(3)
    yield 'one'
    count(Number.NaN)
    throw new Error('the model failed')
  })
  await expect(read(app)).rejects.toThrow()
  await expect.poll(() => charged(app)).toEqual([3])
})

/** Yields a value that JSON can't represent. */
const unsendable: Write = async function* ({ tokens: amount }, count) {
  if (amount === 50) yield { toJSON: () => 10n } as unknown as string
  count(2)
  yield 'fine'
}

test.each(['write', 'writeFree'] as const)(
  'charges every stream in a batch except one (%s) whose chunk cannot be serialized',
  async (procedure) => {
    await using app = await start(unsendable)
    const neighbor = async () => {
      const seen: unknown[] = []
      for await (const token of await app.streaming.write.mutate({ tokens: 3 })) seen.push(token)
      return seen
    }
    const [bad, good] = await Promise.allSettled([read(app, procedure), neighbor()])
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('cannot be serialized'), data: { httpStatus: 500 } },
    })
    expect(good).toEqual({ status: 'fulfilled', value: ['fine'] })
    expect(await charged(app)).toEqual([2])
    await nothingHeld(app)
  },
)

test('leaves no hold or timer after a 415 over a link that cannot stream', async () => {
  await using app = await start()
  await expect(app.client.write.mutate({ tokens: 50 })).rejects.toMatchObject({ data: { httpStatus: 415 } })
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
  expect(await charged(app)).toEqual([])
})

test('returns ALREADY_COMPLETED for a retry of a finished stream', async () => {
  await using app = await start()
  const options = { context: { idempotencyKey: 'k' } }
  for await (const _ of await app.streaming.write.mutate({ tokens: 3 }, options));
  await expect(app.streaming.write.mutate({ tokens: 3 }, options)).rejects.toMatchObject({
    data: { billing: { code: 'ALREADY_COMPLETED' } },
  })
  expect(await charged(app)).toEqual([3])
})

test.each(['watch', 'watchKeyed'] as const)(
  'charges the counted usage of a subscription (%s) and of its continuation separately',
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

test('charges the counted usage of a hanging subscription when its reader disconnects', async () => {
  await using app = await start(hanging)
  await readEvents(app, 'watch', 't2')
  await nothingHeld(app)
  expect(await charged(app)).toEqual([3])
})
