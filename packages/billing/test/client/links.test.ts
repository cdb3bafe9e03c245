import { createTRPCClient, TRPCClientError, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { expect, test } from 'vitest'
import {
  type BalancesAnswer,
  balancesLink,
  billingDenial,
  billingLinks,
  idempotencyKeyHeader,
  idempotencyLink,
  keyHeaders,
  keyHeadersAs,
  newestBalances,
} from '../../src/client/index.ts'
import { defaultOptions } from '../../src/index.ts'
import { pricing } from '../flowglad/pricing.ts'
import { type AppRouter, startApp } from '../trpc/startApp.ts'

const keyed = (idempotencyKey: string) => ({ context: { idempotencyKey } })

interface Sent {
  key: unknown
}

/**
 * Creates a terminating link that records each operation's key. The link returns the listed responses, and then
 * succeeds.
 */
function terminating(answers: ('ok' | { retryAfterMs: number } | 'broken')[]) {
  const sent: Sent[] = []
  const link: TRPCLink<AppRouter> =
    () =>
    ({ op }) =>
      observable((observer) => {
        sent.push({ key: op.context.idempotencyKey })
        const answer = answers[sent.length - 1] ?? 'ok'
        if (answer === 'ok') {
          observer.next({ result: { type: 'data', data: 'pong' } })
          observer.complete()
          return
        }
        const billing = answer === 'broken' ? null : { code: 'IN_PROGRESS', key: 'k', ...answer }
        observer.error(
          TRPCClientError.from({ error: { code: -32009, message: 'no', data: { billing } } } as never),
        )
      })
  return { link, sent }
}
const clientOf = (end: TRPCLink<AppRouter>, options = {}) =>
  createTRPCClient<AppRouter>({ links: [idempotencyLink(options), end] })

test('resends an operation with the same key while another attempt runs', async () => {
  const { link, sent } = terminating([{ retryAfterMs: 1 }, { retryAfterMs: 1 }, 'ok', 'ok'])
  const client = clientOf(link)
  expect(await client.ping.mutate()).toBe('pong')
  expect(await client.ping.mutate()).toBe('pong')
  const keys = sent.map(({ key }) => key)
  expect(new Set(keys.slice(0, 3)).size).toBe(1)
  expect(keys[3]).not.toBe(keys[0])
  expect(keys).toEqual(Array(4).fill(expect.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/)))
})

test("uses the key in the operation's context for all of React Query's retries", async () => {
  const { link, sent } = terminating(['broken', 'ok'])
  const client = clientOf(link)
  const attempt = () => client.ping.mutate(undefined, { context: { idempotencyKey: 'mine' } })
  await expect(attempt()).rejects.toThrow()
  await attempt()
  expect(sent).toEqual([{ key: 'mine' }, { key: 'mine' }])
})

test.each(['a,b', '€', '', 'x'.repeat(129)])(
  'rejects only the call with the invalid key "%s"',
  async (key) => {
    await using app = await startApp()
    const client = app.clientWith([idempotencyLink()])
    const [bad, good] = await Promise.allSettled([
      client.ping.mutate(undefined, { context: { idempotencyKey: key } }),
      client.ping.mutate(),
    ])
    expect(bad.status === 'rejected' && billingDenial(bad.reason)).toMatchObject({ code: 'KEY_INVALID' })
    expect(good).toEqual({ status: 'fulfilled', value: 'pong' })
  },
)

test('stops waiting for another attempt after maxWaitMs and throws the denial', async () => {
  const { link } = terminating(Array(1_000).fill({ retryAfterMs: 50 }))
  const error = await clientOf(link, { maxWaitMs: 120 })
    .ping.mutate()
    .catch((reason: unknown) => reason)
  expect(billingDenial(error)).toMatchObject({ code: 'IN_PROGRESS' })
})

test("sends a batch's keys in call order if every call has a key", () => {
  const op = (idempotencyKey?: string) => ({ context: { idempotencyKey } })
  expect(keyHeaders({ opList: [op('a'), op('b')] })).toEqual({ 'idempotency-key': 'a,b' })
  expect(keyHeaders({ op: op('a') })).toEqual({ 'idempotency-key': 'a' })
  expect(keyHeaders({ opList: [op('a'), op()] })).toEqual({})
  expect(keyHeadersAs('x-request-id')({ op: op('a') })).toEqual({ 'x-request-id': 'a' })
})

test.each([36, 128])(
  'runs and charges each of 500 concurrent calls once if keys have %d characters',
  async (length) => {
    // The test needs 500 units, but the Free plan grants only 10.
    const generous = pricing.replace(/("slug": ?"free_generations".*?"amount": ?)10/s, '$1500')
    await using app = await startApp({ pricing: generous })
    const client = createTRPCClient<AppRouter>({
      links: billingLinks<AppRouter>({ url: app.url, stream: true, headers: { user: 'ada' } }),
    })
    const calls = Array.from({ length: 500 }, (_, n) =>
      client.generate.mutate({ prompt: `${n}`, count: 1 }, keyed(`${n}`.padStart(length, '0'))),
    )
    expect(await Promise.all(calls)).toHaveLength(500)
    const { balances } = await app.client.billing.balances.query()
    expect(balances).toContainEqual(expect.objectContaining({ meter: 'generations', used: 500, held: 0 }))
  },
)

test('rejects a batch whose keys do not fit in a header and suggests a fix', async () => {
  await using app = await startApp()
  const calls = Array.from({ length: 500 }, () =>
    app.streaming.ping.mutate(undefined, keyed(crypto.randomUUID())),
  )
  for (const { status, ...rest } of await Promise.allSettled(calls))
    expect({ status, ...rest }).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('maxItems: 90') },
    })
  const { balances } = await app.client.billing.balances.query()
  expect(balances).toContainEqual(expect.objectContaining({ meter: 'api_calls', used: 0, held: 0 }))
})

test('keeps the newest balances from non-streaming responses, including denials', async () => {
  await using app = await startApp()
  const arrived: BalancesAnswer[] = []
  const client = app.clientWith([balancesLink({ onBalances: (balances) => arrived.push(balances) })])
  await client.generate.mutate({ prompt: 'x', count: 4 })
  await client.generate.mutate({ prompt: 'x', count: 9 }).catch(() => {})
  expect(arrived.map(({ customer, balances }) => [customer, balances[0]?.available])).toEqual([
    ['ada', 6],
    ['ada', 6],
  ])
  const [first] = arrived
  if (!first) throw new Error('No balances arrived')
  const older = { ...first, version: 6 }
  const newer = { ...first, version: 7 }
  expect(newestBalances(undefined, older)).toBe(older)
  expect(newestBalances(newer, older)).toBe(newer)
  expect(newestBalances(older, newer)).toBe(newer)
  const confirmed = { ...newer, asOf: (first.asOf ?? 0) + 1 }
  expect(newestBalances(newer, confirmed)).toBe(confirmed)
  expect(newestBalances(confirmed, newer)).toBe(confirmed)
})

test('sends keys in the header that the server reads by default', () => {
  expect(Object.keys(keyHeaders({ op: { context: { idempotencyKey: 'a' } } }))).toEqual([
    defaultOptions.keyHeader,
  ])
  expect(idempotencyKeyHeader).toBe(defaultOptions.keyHeader)
})
