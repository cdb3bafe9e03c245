import { describe, expect, test } from 'vitest'
import type { Logger } from '../../src/config/logger.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>

const today = () => new Date().toISOString().slice(0, 10)

/** Reads a whole stream of tokens. The label for the model can be any JSON value. */
async function write(app: App, model: unknown, tokens = 1) {
  const label = JSON.parse(JSON.stringify(model ?? null))
  for await (const _ of await app.streaming.labelled.mutate({ tokens, model: label }));
}

const usage = async ({ client }: App, by: 'member' | 'model' | 'country') =>
  (await client.billing.usage.query({ by })).map(({ meter, value, amount }) => [meter, value, amount])

const charged = async ({ ledger }: App) =>
  (await ledger.charges({ customer: 'ada', limit: 100, cursor: null })).charges.map(({ amount }) => amount)

function recordWarnings() {
  const warnings: string[] = []
  const logger: Logger = { info() {}, warn: (_, message) => warnings.push(message), error() {} }
  return { warnings, logger }
}

test('breaks down a meter’s usage by the labels that the callback returns', async () => {
  await using app = await startApp()
  await write(app, 'small', 3)
  await write(app, 'large', 4)
  await write(app, 'small', 5)
  expect(await app.client.billing.usage.query({ days: 2, by: 'model' })).toEqual([
    { day: today(), meter: 'tokens', value: 'large', amount: 4 },
    { day: today(), meter: 'tokens', value: 'small', amount: 8 },
  ])
  expect(await usage(app, 'member')).toEqual([['tokens', 'ada', 12]])
  expect(await app.client.billing.usage.query()).toEqual([{ day: today(), meter: 'tokens', amount: 12 }])
})

test('breaks down the usage in a range of days', async () => {
  await using app = await startApp()
  await write(app, 'small', 3)
  const { usage: days } = app.client.billing
  const row = { day: today(), meter: 'tokens', value: 'small', amount: 3 }
  expect(await days.query({ from: today(), to: today(), by: 'model' })).toEqual([row])
  expect(await days.query({ from: today(), by: 'model' })).toEqual([row])
  expect(await days.query({ from: '2026-01-01', to: '2026-01-31', by: 'model' })).toEqual([])
})

test('labels each of a call’s meters with the meter’s own dimensions', async () => {
  await using app = await startApp()
  await app.client.labelledBoth.mutate({ model: 'small' })
  expect(await usage(app, 'member')).toEqual([
    ['generations', 'ada', 2],
    ['tokens', 'ada', 5],
  ])
  expect(await usage(app, 'model')).toEqual([['tokens', 'small', 5]])
})

test('counts calls without labels under `other`, but only on meters that have the dimension', async () => {
  await using app = await startApp()
  await app.client.generate.mutate({ prompt: 'x', count: 2 })
  await app.client.ping.mutate()
  expect(await usage(app, 'member')).toEqual([['generations', 'other', 2]])
  expect(await usage(app, 'country')).toEqual([['api_calls', 'other', 1]])
  expect(await usage(app, 'model')).toEqual([])
})

test('counts a browser’s usage under `other`, because a browser could send any label', async () => {
  await using app = await startApp()
  const body = { usageMeterSlug: 'api_calls', dimensions: { country: 'DE' }, properties: { country: 'DE' } }
  const answer = await fetch(`${app.origin}/api/flowglad/usage-events/create`, {
    method: 'POST',
    headers: { user: 'ada', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
  expect(await usage(app, 'country')).toEqual([['api_calls', 'other', 1]])
})

describe.each([
  ['missing', null],
  ['empty', ''],
  ['10 kB long', 'x'.repeat(10_000)],
  ['129 characters long', 'x'.repeat(129)],
  ['not a string', 7],
  ['an object', { toString: 'x' }],
  ['a text with NUL', 'a\0b'],
  ['a text with a lone surrogate', 'a\ud800'],
  ['`other`', 'other'],
])('a label that is %s', (_, model) => {
  test('counts under `other` without failing the call', async () => {
    await using app = await startApp()
    await write(app, model, 3)
    expect(await usage(app, 'model')).toEqual([['tokens', 'other', 3]])
    expect(await usage(app, 'member')).toEqual([['tokens', 'ada', 3]])
    expect(await charged(app)).toEqual([3])
  })
})

test('counts values with the names of built-in properties', async () => {
  await using app = await startApp()
  await write(app, '__proto__', 1)
  await write(app, 'constructor', 2)
  await write(app, 'x'.repeat(128), 3)
  expect(await usage(app, 'model')).toEqual([
    ['tokens', '__proto__', 1],
    ['tokens', 'constructor', 2],
    ['tokens', 'x'.repeat(128), 3],
  ])
})

test('counts further values under `other` when the dimension is full', async () => {
  await using app = await startApp()
  for (const model of ['a', 'b', 'c', 'd', 'e', 'a']) await write(app, model)
  expect(await usage(app, 'model')).toEqual([
    ['tokens', 'a', 2],
    ['tokens', 'b', 1],
    ['tokens', 'c', 1],
    ['tokens', 'other', 2],
  ])
})

test('charges a call whose `dimensions` callback throws, counts it under `other`, and warns once', async () => {
  const { logger, warnings } = recordWarnings()
  await using app = await startApp({ logger })
  await write(app, 'throws', 2)
  await write(app, 'throws', 3)
  expect((await charged(app)).toSorted()).toEqual([2, 3])
  expect(await usage(app, 'model')).toEqual([['tokens', 'other', 5]])
  expect(warnings.filter((it) => it.includes('labels'))).toEqual([
    'The labels of labelled can\'t be read, so its units count under "other". Correct its `dimensions`.',
  ])
})

test('counts a retry under the same key once, and a failed call not at all', async () => {
  await using app = await startApp({
    work: {
      generate: ({ prompt }) => {
        if (prompt === 'bad') throw new Error('failed')
        return 'done'
      },
    },
  })
  const context = { idempotencyKey: 'k' }
  await app.client.labelledBoth.mutate({ model: 'good' }, { context })
  await app.client.labelledBoth.mutate({ model: 'good' }, { context })
  await expect(app.client.labelledBoth.mutate({ model: 'bad' })).rejects.toThrow('failed')
  expect(await usage(app, 'model')).toEqual([['tokens', 'good', 5]])
})

test('counts an unread stream under its labels when its hold expires', async () => {
  await using app = await startApp({
    options: { holdTtlMs: 200, sweepMs: 20 },
    policies: { tokens: { onExpiry: 'settle', dimensions: { model: 3 } } },
  })
  await app.billing.meter(
    { customer: aUser(), meter: 'tokens', hold: 6, dimensions: { model: 'small' } },
    async function* () {},
  )
  await expect.poll(() => usage(app, 'model')).toEqual([['tokens', 'small', 6]])
})

test.each(['nope', '__proto__', 'constructor', '', 7, null])(
  'rejects a query by the unknown dimension %j',
  async (by) => {
    await using app = await startApp()
    const input = encodeURIComponent(JSON.stringify({ by }))
    const answer = await fetch(`${app.url}/billing.usage?input=${input}`, { headers: { user: 'ada' } })
    expect(answer.status).toBe(400)
  },
)

test('shows a customer only its own values', async () => {
  await using app = await startApp()
  await write(app, 'small')
  const bob = app.clientWith([], 'bob')
  expect(await bob.billing.usage.query({ by: 'model' })).toEqual([])
})
