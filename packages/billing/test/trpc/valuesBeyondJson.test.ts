// Tests inputs and results with values that JSON can't carry, on each transport and with each kind of transformer.
import { deserialize, serialize } from 'node:v8'
import superjson, { SuperJSON } from 'superjson'
import { expect, test } from 'vitest'
import { billingDenial } from '../../src/client/index.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { type Source, sources, startTransformedApp, type TransformedSetup } from './startTransformedApp.ts'

/** Serializes values as text, as devalue does. */
const text = {
  serialize: (value: unknown) => serialize(value).toString('base64'),
  deserialize: (value: string) => deserialize(Buffer.from(value, 'base64')),
}
const setups: [string, TransformedSetup][] = [
  ['no transformer', {}],
  ['superjson', { transformer: superjson }],
  ['superjson that the app does not pass to `options`', { transformer: superjson, declared: false }],
  ['a transformer that produces text', { transformer: text }],
]
const everyWay = setups.flatMap(([name, setup]) =>
  sources.map((source): [Source, string, TransformedSetup] => [source, name, setup]),
)
const transformedWays = everyWay.filter(([, , { transformer }]) => transformer)

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => billingDenial(error)?.code ?? error,
  )

const circular: Record<string, unknown> = {}
circular.itself = circular

/** Pairs of different inputs. */
const inputs: Record<string, [unknown, unknown]> = {
  bytes: [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  url: [new URL('https://a.example/?q=1'), new URL('https://a.example/?q=2')],
  map: [new Map([['a', { n: 1 }]]), new Map([['a', { n: 2 }]])],
  set: [new Set([1, 2]), new Set([1])],
  bigint: [1n, 2n],
  date: [new Date(1), new Date(2)],
  notANumber: [Number.NaN, null],
}

test.each(transformedWays)(
  'compares inputs that JSON cannot represent in calls from %s with %s',
  async (source, _, setup) => {
    await using app = await startTransformedApp(setup)
    const given = Object.entries(inputs).filter(([kind]) => setup.transformer !== text || kind !== 'url')
    for (const [kind, [value, other]] of given) {
      const first = await app.draw(source, { value }, kind)
      expect(await app.draw(source, { value }, kind)).toEqual(first)
      expect(await codeOf(app.draw(source, { value: other }, kind))).toBe('KEY_REUSED')
    }
    expect(app.runs()).toBe(given.length)
    expect(await app.used()).toBe(given.length)
  },
)

/** Inputs that have parts that can't be compared. */
const opaqueInputs: Record<string, () => unknown> = {
  'a stream': () => new ReadableStream(),
  'a promise': () => Promise.resolve(1),
  'a function': () => () => 1,
  'a symbol': () => Symbol('one'),
  'a class with a private field': () =>
    new (class {
      #value = 1
      read = () => this.#value
    })(),
  'a getter that throws': () =>
    Object.defineProperty({}, 'a', { enumerable: true, get: () => expect.fail() }),
  'a cycle': () => circular,
  'a deeply nested value': () => {
    let value: unknown = 1
    for (let depth = 0; depth < 20_000; depth++) value = [value]
    return value
  },
}

test.each(Object.entries(opaqueInputs))('charges once for an input with %s', async (_, make) => {
  await using stack = await startStack()
  const call = () =>
    stack.billing.meter({ customer: aUser(), meter: 'generations', key: 'k', input: make() }, () => 'done')
  expect([await call(), await call()]).toEqual(['done', 'done'])
  expect((await stack.billing.balances(aUser())).balances[0]).toMatchObject({ used: 1 })
})

test('distinguishes inputs by the content of their files', async () => {
  await using stack = await startStack()
  const form = (content: string) => {
    const data = new FormData()
    data.set('file', new File([content], 'a.txt'))
    return data
  }
  const call = (content: string) =>
    stack.billing.meter(
      { customer: aUser(), meter: 'generations', key: 'k', input: form(content) },
      () => 'done',
    )
  await call('one')
  expect(await codeOf(call('one'))).toBe('done')
  expect(await codeOf(call('two'))).toBe('KEY_REUSED')
})

test.each<[string, (content: string) => FormData | Blob]>([
  [
    'a form',
    (content) => {
      const form = new FormData()
      form.set('file', new File([content], 'a.txt'))
      return form
    },
  ],
  ['a file', (content) => new Blob([content])],
])('charges once for %s that is sent twice over HTTP', async (_, make) => {
  await using app = await startTransformedApp()
  const first = await app.draw('http', make('one'), 'k')
  expect(await app.draw('http', make('one'), 'k')).toEqual(first)
  expect(app.runs()).toBe(1)
})

test('quickly compares an input that contains the same object many times', async () => {
  await using stack = await startStack()
  let input: unknown = 'x'
  for (let n = 0; n < 100; n++) input = [input, input]
  const call = () =>
    stack.billing.meter({ customer: aUser(), meter: 'generations', key: 'k', input }, () => 'done')
  expect([await call(), await call()]).toEqual(['done', 'done'])
})

test('quickly replays a result that contains the same object many times', async () => {
  await using stack = await startStack()
  let result: unknown = { at: new Date(1) }
  for (let n = 0; n < 100; n++) result = [result, result]
  const call = () => stack.billing.meter({ customer: aUser(), meter: 'generations', key: 'k' }, () => result)
  await call()
  let replayed = await call()
  for (let n = 0; n < 100; n++) [replayed] = replayed as [unknown, unknown]
  expect(replayed).toEqual({ at: new Date(1) })
})

test.each(sources)('replays a circular result to a retry from %s', async (source) => {
  const parent: { children: unknown[] } = { children: [] }
  for (let n = 0; n < 30; n++) parent.children.push({ n, parent })
  await using app = await startTransformedApp({ transformer: superjson, work: () => parent })
  const first = await app.draw(source, {}, 'k')
  expect(await app.draw(source, {}, 'k')).toEqual(first)
  expect(app.runs()).toBe(1)
})

class Decimal {
  readonly #digits: string
  constructor(digits: string) {
    this.#digits = digits
  }
  toString() {
    return this.#digits
  }
}

test.each(sources)("preserves instances of the app's own class in calls from %s", async (source) => {
  const transformer = new SuperJSON()
  transformer.registerCustom<Decimal, string>(
    {
      isApplicable: (value): value is Decimal => value instanceof Decimal,
      serialize: String,
      deserialize: (digits) => new Decimal(digits),
    },
    'decimal',
  )
  await using app = await startTransformedApp({ transformer, work: () => ({ price: new Decimal('0.5') }) })
  const draw = (amount: string) => app.draw(source, { amount: new Decimal(amount) }, 'k')
  expect(String(Object(await draw('1')).price)).toBe('0.5')
  const again = await draw('1').then(
    (result) => String(Object(result).price),
    (error: unknown) => billingDenial(error)?.code,
  )
  expect(again).toBe(source === 'caller' ? 'ALREADY_COMPLETED' : '0.5')
  expect(await codeOf(draw('2'))).toBe('KEY_REUSED')
})

class Money {
  constructor(readonly cents: number) {}
  toJSON() {
    return `${this.cents} cents`
  }
}

const results: Record<string, unknown> = {
  map: new Map([['a', new Set([1])]]),
  bytes: new Uint8Array([1, 2, 3]),
  notANumber: { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: -0 },
  undefinedField: { a: undefined, b: [undefined, 1] },
  undefined: undefined,
  null: null,
  date: { at: new Date(5) },
  row: Object.assign(Object.create(null), { id: 1, at: new Date(5) }),
  json: { list: [1, 'two', { three: true }] },
}
const resultsWithTransformer = { ...results, bigint: { n: 10n ** 20n } }

test.each(everyWay)(
  'replays results unchanged even if JSON cannot represent them, in calls from %s with %s',
  async (source, _, setup) => {
    const given = setup.transformer && setup.declared !== false ? resultsWithTransformer : results
    await using app = await startTransformedApp({
      ...setup,
      work: (input) => given[(input as { kind: keyof typeof given }).kind],
    })
    for (const kind of Object.keys(given)) {
      const first = await app.draw(source, { kind }, kind)
      expect(await app.draw(source, { kind }, kind)).toStrictEqual(
        kind === 'row' ? expect.objectContaining({ id: 1 }) : first,
      )
    }
    expect(app.runs()).toBe(Object.keys(given).length)
  },
)

test.each(everyWay)(
  'replays a class instance unchanged or returns ALREADY_COMPLETED in calls from %s with %s',
  async (source, _, setup) => {
    await using app = await startTransformedApp({
      ...setup,
      work: () => (setup.transformer === text ? { at: new Date(1) } : { price: new Money(5) }),
    })
    const first = await app.draw(source, {}, 'k')
    const again = await app.draw(source, {}, 'k').catch((error: unknown) => billingDenial(error)?.code)
    expect([first, 'ALREADY_COMPLETED']).toContainEqual(again)
    expect(app.runs()).toBe(1)
    expect(await app.used()).toBe(1)
  },
)

test.each<[string, () => unknown]>([
  ['a ReadableStream', () => new ReadableStream()],
  ['a function', () => ({ run: () => 1 })],
  ['a class instance', () => new Money(5)],
  ['a URL', () => new URL('https://a.example')],
])('returns ALREADY_COMPLETED to a retry in this process if the result is %s', async (_, make) => {
  await using stack = await startStack()
  const call = () => stack.billing.meter({ customer: aUser(), meter: 'generations', key: 'k' }, make)
  const first = await call()
  expect(first).toBeInstanceOf(Object(make()).constructor)
  expect(await codeOf(call())).toBe('ALREADY_COMPLETED')
  expect((await stack.billing.balances(aUser())).balances[0]).toMatchObject({ used: 1 })
})

test.each<[string, unknown]>([
  ['a bigint', 10n],
  ['itself', circular],
  ['bytes', Buffer.from('abc')],
  ['nothing', undefined],
])('replays a result that contains %s to a caller in this process', async (_, result) => {
  await using stack = await startStack()
  const call = () => stack.billing.meter({ customer: aUser(), meter: 'generations', key: 'k' }, () => result)
  expect(await call()).toBe(result)
  expect(await call()).toStrictEqual(result)
  expect((await stack.billing.balances(aUser())).balances[0]).toMatchObject({ used: 1 })
})

test.each(everyWay)(
  'treats an empty input like a missing input in calls from %s with %s',
  async (source, _, setup) => {
    await using app = await startTransformedApp(setup)
    const first = await app.draw(source, {}, 'k')
    expect(await app.draw(source, {}, 'k')).toEqual(first)
    expect(await app.draw(source, undefined, 'k')).toEqual(first)
    expect(app.runs()).toBe(1)
  },
)
