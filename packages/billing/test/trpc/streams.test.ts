import { createTRPCClient, httpSubscriptionLink } from '@trpc/client'
import { expect, test } from 'vitest'
import { type AppRouter, startApp, type Work } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>
const tokens = async (app: App) => {
  const { balances } = await app.client.billing.balances.query()
  return balances.find(({ meter }) => meter === 'tokens')
}
const charged = async (app: App) =>
  (await app.ledger.charges({ customer: 'ada', limit: 100, cursor: null })).charges.map(
    ({ amount }) => amount,
  )

/** Counts and yields, but waits for the reader's permission after `free` items. */
function paced(free: number) {
  let proceed = () => {}
  const gate = new Promise<void>((resolve) => {
    proceed = resolve
  })
  let cleaned = 0
  const write: Work['write'] = async function* ({ tokens: amount }, count) {
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

test('a stream holds the most it may take, and is charged what it really counted', async () => {
  const work = paced(2)
  await using app = await startApp({ work })
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

test('a reader who leaves after three chunks is charged what was counted, and nothing stays held', async () => {
  const work = paced(3)
  await using app = await startApp({ work })
  for await (const token of await app.streaming.write.mutate({ tokens: 500 })) if (token === 't2') break
  work.proceed()
  await expect.poll(async () => (await tokens(app))?.held).toBe(0)
  await expect.poll(() => work.cleaned()).toBe(1)
  const [amount = 0] = await charged(app)
  expect(amount).toBeGreaterThanOrEqual(3)
  expect(await tokens(app)).toMatchObject({ available: 2_000 - amount, held: 0 })
})

test('a reader whose connection breaks is charged what was counted', async () => {
  const work = paced(3)
  await using app = await startApp({ work })
  const abort = new AbortController()
  const stream = await app.streaming.write.mutate({ tokens: 500 }, { signal: abort.signal })
  const reading = (async () => {
    for await (const token of stream) if (token === 't2') abort.abort()
  })().catch(() => {})
  await reading
  work.proceed()
  await expect.poll(() => charged(app)).toHaveLength(1)
  await expect.poll(async () => (await tokens(app))?.held).toBe(0)
})

test('a generator that throws is charged for what it counted, once', async () => {
  await using app = await startApp({
    work: {
      async *write(_, count) {
        count(4)
        yield 'one'
        throw new Error('the model is gone')
      },
    },
  })
  const read = async () => {
    for await (const _ of await app.streaming.write.mutate({ tokens: 50 }));
  }
  await expect(read()).rejects.toThrow('the model is gone')
  expect(await charged(app)).toEqual([4])
  expect(await tokens(app)).toMatchObject({ held: 0 })
})

test('a stream that fails costs what it counted, not the fixed price of its success', async () => {
  await using app = await startApp({
    work: {
      async *write(_, count) {
        count(4)
        yield 'one'
        throw new Error('the model is gone')
      },
    },
  })
  const read = async () => {
    for await (const _ of await app.streaming.writeBoth.mutate({ tokens: 50 }));
  }
  await expect(read()).rejects.toThrow('the model is gone')
  const { balances } = await app.client.billing.balances.query()
  expect(balances.find(({ meter }) => meter === 'generations')).toMatchObject({ available: 10, held: 0 })
  expect(balances.find(({ meter }) => meter === 'tokens')).toMatchObject({ used: 4, held: 0 })
})

test('a generator that throws before it counts costs nothing', async () => {
  await using app = await startApp({
    work: {
      // biome-ignore lint/correctness/useYield: it never gets there
      async *write() {
        throw new Error('the model is gone')
      },
    },
  })
  const read = async () => {
    for await (const _ of await app.streaming.write.mutate({ tokens: 50 }));
  }
  await expect(read()).rejects.toThrow('the model is gone')
  expect(await charged(app)).toEqual([])
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
})

test('usage beyond the hold is charged all the same', async () => {
  await using app = await startApp({
    work: {
      async *write(_, count) {
        count(80)
        yield 'more than thought'
      },
    },
  })
  for await (const _ of await app.streaming.write.mutate({ tokens: 50 }));
  expect(await charged(app)).toEqual([80])
})

test('a generator called over a link that cannot stream answers 415 and leaves no hold and no timer behind', async () => {
  const work = paced(0)
  await using app = await startApp({ work })
  await expect(app.client.write.mutate({ tokens: 50 })).rejects.toMatchObject({ data: { httpStatus: 415 } })
  expect(await tokens(app)).toMatchObject({ available: 2_000, held: 0 })
  expect(await charged(app)).toEqual([])
  expect(app.billing.internals.holds.inFlight()).toBe(0)
})

test('a call under the key of a finished stream gets ALREADY_COMPLETED: streams are not kept', async () => {
  await using app = await startApp()
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
    await using app = await startApp({
      work: {
        async *write({ tokens: amount }, count) {
          for (let n = 0; n < amount; n++) {
            count(1)
            yield `t${n}`
          }
        },
      },
    })
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

/** The part of EventSource that tRPC uses, over fetch: Node 20 has none of its own. */
class FetchEventSource extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSED = 2
  readyState = 0
  readonly #abort = new AbortController()
  constructor(url: string | URL, { headers = {} }: { headers?: Record<string, string> } = {}) {
    super()
    void this.#read(url, headers).catch(() => this.dispatchEvent(new Event('error')))
  }
  close() {
    this.readyState = this.CLOSED
    this.#abort.abort()
  }
  async #read(url: string | URL, headers: Record<string, string>) {
    const response = await fetch(url, { headers, signal: this.#abort.signal })
    this.readyState = this.OPEN
    this.dispatchEvent(new Event('open'))
    let buffer = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      buffer += chunk
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const lines = buffer.slice(0, end).split('\n')
        buffer = buffer.slice(end + 2)
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
        this.dispatchEvent(new MessageEvent(field('event') || 'message', { data: field('data') }))
      }
    }
  }
}
