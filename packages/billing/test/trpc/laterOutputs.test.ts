// Tests outputs that end after the work has returned: objects with promises or streams, nested streams, observables.
import { setTimeout } from 'node:timers/promises'
import { observable } from '@trpc/server/observable'
import { expect, test } from 'vitest'
import { aUser } from '../flowglad/startStack.ts'
import { readEvents } from './readEvents.ts'
import { startApp, type Work } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>
type Later = Work['later']

/** Starts an app that can't close while a call is in flight. A leaked hold or renewal makes the test time out. */
const start = (later: Later) => startApp({ work: { later }, options: { shutdownGraceMs: 600_000 } })
const charged = async (app: App) =>
  (await app.ledger.charges({ customer: 'ada', limit: 100, cursor: null })).charges.map(
    ({ amount }) => amount,
  )
const held = async (app: App) =>
  (await app.client.billing.balances.query()).balances.find(({ meter }) => meter === 'tokens')?.held
const nothingHeld = (app: App) => expect.poll(() => held(app)).toBe(0)

async function* words(count: (units: number) => void, amount: number) {
  for (let n = 0; n < amount; n++) {
    count(1)
    yield `w${n}`
  }
}
async function readAll(stream: unknown) {
  const seen: unknown[] = []
  for await (const chunk of stream as AsyncIterable<unknown>) seen.push(chunk)
  return seen
}
const late = async <T>(value: T, effect = () => {}) => {
  await setTimeout(20)
  effect()
  return value
}

/**
 * Output shapes that tRPC sends in parts. Each shape counts three units. A shape's last element is the output that
 * the reader gets.
 */
const shapes: [string, Later, (output: never) => Promise<unknown>, unknown][] = [
  [
    'a stream in a property',
    (count) => ({ id: 1, text: words(count, 3) }),
    async ({ id, text }: { id: number; text: unknown }) => [id, await readAll(text)],
    [1, ['w0', 'w1', 'w2']],
  ],
  [
    'a promise in a property',
    (count) => ({ id: 1, text: late('done', () => count(3)) }),
    async ({ id, text }: { id: number; text: unknown }) => [id, await text],
    [1, 'done'],
  ],
  [
    'a promise and a stream',
    (count) => ({ title: late('title', () => count(1)), text: words(count, 2) }),
    async ({ title, text }: { title: unknown; text: unknown }) => [await readAll(text), await title],
    [['w0', 'w1'], 'title'],
  ],
  [
    'a promise of an object with a stream',
    (count) => ({ page: late({ text: words(count, 3) }) }),
    async ({ page }: { page: Promise<{ text: unknown }> }) => readAll((await page).text),
    ['w0', 'w1', 'w2'],
  ],
  [
    'a stream of objects with promises',
    async function* (count) {
      for (let n = 0; n < 3; n++) yield { n, word: late(`w${n}`, () => count(1)) }
    },
    async (stream: never) => {
      const seen: unknown[] = []
      for await (const { word } of stream as AsyncIterable<{ word: unknown }>) seen.push(await word)
      return seen
    },
    ['w0', 'w1', 'w2'],
  ],
]

test.each(shapes)(
  'charges the counted units of %s over HTTP when its last part ends',
  async (_, later, read, expected) => {
    await using app = await start(later)
    const output = await app.streaming.later.mutate({ tokens: 50 })
    expect(await read(output as never)).toEqual(expected)
    expect(await charged(app)).toEqual([3])
    expect(await held(app)).toBe(0)
  },
)

test.each(shapes)(
  'charges the counted units of %s in process when its last part ends',
  async (_, later, read, expected) => {
    await using app = await start(later)
    const output = await app.router.createCaller({ user: aUser() }).later({ tokens: 50 })
    expect(await read(output as never)).toEqual(expected)
    expect(await charged(app)).toEqual([3])
    expect(await held(app)).toBe(0)
  },
)

test('holds the units until a promise in the result resolves', async () => {
  let resolve = (_: string) => {}
  const promise = new Promise<string>((done) => {
    resolve = done
  })
  await using app = await start((count) => {
    count(3)
    return { text: promise }
  })
  const { text } = (await app.streaming.later.mutate({ tokens: 50 })) as { text: Promise<string> }
  expect(await charged(app)).toEqual([])
  expect(await held(app)).toBe(50)
  resolve('done')
  expect(await text).toBe('done')
  expect(await charged(app)).toEqual([3])
})

test.each([
  ['the counted units', 2, [2]],
  ['nothing', 0, []],
] as const)(
  'charges %s for a result whose promise rejects after %d counted units',
  async (_, units, expected) => {
    await using app = await start((count) => ({
      text: late('', () => {
        if (units > 0) count(units)
        throw new Error('the model failed')
      }),
    }))
    const { text } = (await app.streaming.later.mutate({ tokens: 50 })) as { text: Promise<string> }
    await expect(text).rejects.toThrow()
    await nothingHeld(app)
    expect(await charged(app)).toEqual(expected)
  },
)

test('charges the counted units when the reader leaves a stream in a property of the result', async () => {
  await using app = await start((count, signal) => ({
    text: (async function* () {
      count(2)
      yield 'one'
      await setTimeout(600_000, undefined, { signal })
    })(),
  }))
  const abort = new AbortController()
  const { text } = (await app.streaming.later.mutate({ tokens: 50 }, { signal: abort.signal })) as {
    text: AsyncIterable<string>
  }
  const reading = (async () => {
    for await (const _ of text) abort.abort()
  })()
  await reading.catch(() => {})
  await nothingHeld(app)
  expect(await charged(app)).toEqual([2])
})

test('charges nothing for a result with a rejecting promise if the link cannot stream', async () => {
  await using app = await start((count) => ({
    text: late('', () => {
      count(2)
      throw new Error('the model failed')
    }),
  }))
  await expect(app.client.later.mutate({ tokens: 50 })).rejects.toMatchObject({ data: { httpStatus: 415 } })
  await setTimeout(50)
  expect(await held(app)).toBe(0)
  expect(await charged(app)).toEqual([])
})

test('charges nothing and names the path of a promise that tRPC cannot send', async () => {
  await using app = await start((count) => {
    count(1)
    return { pages: [{ text: late('x') }] }
  })
  for (const client of [app.client, app.streaming]) {
    await expect(client.later.mutate({ tokens: 50 })).rejects.toThrow('"pages.0.text"')
  }
  expect(await charged(app)).toEqual([])
  expect(await held(app)).toBe(0)
})

test('returns ALREADY_COMPLETED for a retry of a result with a stream', async () => {
  await using app = await start((count) => ({ text: words(count, 3) }))
  const options = { context: { idempotencyKey: 'k' } }
  const { text } = (await app.streaming.later.mutate({ tokens: 50 }, options)) as { text: unknown }
  await readAll(text)
  await expect(app.streaming.later.mutate({ tokens: 50 }, options)).rejects.toMatchObject({
    data: { billing: { code: 'ALREADY_COMPLETED' } },
  })
  expect(await charged(app)).toEqual([3])
})

test('lets the hold expire if a stream in the result is never read', async () => {
  await using app = await startApp({
    work: { later: (count) => ({ title: late('title'), text: words(count, 3) }) },
    options: { holdTtlMs: 500, shutdownGraceMs: 600_000 },
  })
  const output = await app.router.createCaller({ user: aUser() }).later({ tokens: 50 })
  expect(await (output as { title: Promise<string> }).title).toBe('title')
  expect(await held(app)).toBe(50)
  await nothingHeld(app)
  expect(await charged(app)).toEqual([])
})

test('charges the counted units of an observable when the observable completes', async () => {
  await using app = await start((count) =>
    observable((observer) => {
      count(3)
      observer.next('one')
      const timer = globalThis.setTimeout(() => observer.complete(), 20)
      return () => clearTimeout(timer)
    }),
  )
  await readEvents(app, 'observe', 'event: return')
  await nothingHeld(app)
  expect(await charged(app)).toEqual([3])
})

test('charges an observable and unsubscribes from it when its reader leaves', async () => {
  let unsubscribed = 0
  await using app = await start((count) =>
    observable((observer) => {
      count(2)
      observer.next('one')
      return () => {
        unsubscribed++
      }
    }),
  )
  await readEvents(app, 'observe', 'one')
  await nothingHeld(app)
  expect(await charged(app)).toEqual([2])
  expect(unsubscribed).toBe(1)
})

test('charges nothing for an observable that fails before it counts units', async () => {
  await using app = await start(() =>
    observable((observer) => {
      observer.error(new Error('the model failed'))
    }),
  )
  await readEvents(app, 'observe', 'serialized-error')
  await nothingHeld(app)
  expect(await charged(app)).toEqual([])
})
