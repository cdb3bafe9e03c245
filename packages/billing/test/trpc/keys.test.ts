import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTRPCClient, httpBatchLink, retryLink } from '@trpc/client'
import { expect, test } from 'vitest'
import { billingDenial, idempotencyLink, keyHeaders, keyHeadersAs } from '../../src/client/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { type AppRouter, startApp } from './startApp.ts'

const withKey = (idempotencyKey: string) => ({ context: { idempotencyKey } })
const denialOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => billingDenial(error) ?? String(error),
  )
const codeOf = async (call: Promise<unknown>) => {
  const denial = await denialOf(call)
  return denial === null ? 'done' : typeof denial === 'string' ? denial : denial.code
}

/** Creates work that counts its runs. After a call of `close()`, each run waits until `open()` is called. */
function counting() {
  let runs = 0
  let open = () => {}
  let gate = Promise.resolve()
  return {
    runs: () => runs,
    close() {
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    open: () => open(),
    async generate({ prompt }: { prompt: string }) {
      const run = ++runs
      await gate
      return { id: `${prompt} ${run}` }
    },
  }
}

test('returns the stored result to a retry without running or charging again', async () => {
  const work = counting()
  await using app = await startApp({ work })
  const first = await app.client.generate.mutate({ prompt: 'x', count: 2 }, withKey('k1'))
  expect(await app.client.generate.mutate({ prompt: 'x', count: 2 }, withKey('k1'))).toEqual(first)
  expect(work.runs()).toBe(1)
  expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({ available: 8 })
})

test('returns IN_PROGRESS while the first call runs unless idempotencyLink waits for the result', async () => {
  const work = counting()
  await using app = await startApp({ work })
  const patient = app.clientWith([idempotencyLink()])
  work.close()
  const first = app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k1'))
  await expect.poll(() => work.runs()).toBe(1)
  expect(await codeOf(app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k1')))).toBe(
    'IN_PROGRESS',
  )
  const second = patient.generate.mutate({ prompt: 'x', count: 1 }, withKey('k1'))
  work.open()
  expect(await second).toEqual(await first)
  expect(work.runs()).toBe(1)
})

test('denies a key that is reused with a different input even if the first call failed', async () => {
  let fail = true
  await using app = await startApp({
    work: {
      generate: () => {
        if (fail) throw new Error('no')
        return 'ok'
      },
    },
  })
  expect(await codeOf(app.client.generate.mutate({ prompt: 'a', count: 1 }, withKey('k')))).toMatch('no')
  fail = false
  expect(await codeOf(app.client.generate.mutate({ prompt: 'b', count: 1 }, withKey('k')))).toBe('KEY_REUSED')
  expect(await codeOf(app.client.generate.mutate({ prompt: 'a', count: 1 }, withKey('k')))).toBe('done')
  expect(await codeOf(app.client.generate.mutate({ prompt: 'b', count: 1 }, withKey('k')))).toBe('KEY_REUSED')
})

test('scopes a key to its customer and procedure', async () => {
  const work = counting()
  await using app = await startApp({ work })
  await app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k'))
  await app.client.insists.mutate({ prompt: 'x', count: 1 }, withKey('k'))
  await app.clientWith([], 'bob').generate.mutate({ prompt: 'x', count: 1 }, withKey('k'))
  expect(work.runs()).toBe(3)
})

test('derives a key from the input', async () => {
  const work = counting()
  await using app = await startApp({ work })
  const first = await app.client.derived.mutate({ prompt: 'same', count: 1 })
  expect(await app.client.derived.mutate({ prompt: 'same', count: 1 })).toEqual(first)
  expect(work.runs()).toBe(1)
  expect(await codeOf(app.client.insists.mutate({ prompt: 'x', count: 1 }))).toBe('KEY_REQUIRED')
})

test('requires a key in the configured header if keyHeader and requireKey are set', async () => {
  const work = counting()
  await using app = await startApp({ work, options: { keyHeader: 'x-request-id', requireKey: true } })
  const clientWith = (headers: (batch: Parameters<typeof keyHeaders>[0]) => Record<string, string>) =>
    createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: app.url, headers: (batch) => ({ user: 'ada', ...headers(batch) }) })],
    })
  const generate = (client: ReturnType<typeof clientWith>) =>
    client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k'))
  const other = clientWith(keyHeaders)
  expect(await denialOf(generate(other))).toEqual({ code: 'KEY_REQUIRED', header: 'x-request-id' })
  expect(await other.unmetered.mutate()).toBe('ada')
  const named = clientWith(keyHeadersAs('x-request-id'))
  expect(await generate(named)).toEqual(await generate(named))
  expect(work.runs()).toBe(1)
  expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({ available: 9, held: 0 })
})

test.each([
  ['contains a space', 'a b'],
  ['contains a non-ASCII letter', 'ü'],
  ['contains a comma, which separates keys', 'a,b'],
  ['has 129 characters', 'x'.repeat(129)],
  ['has 10,000 characters', 'x'.repeat(10_000)],
  ['is empty', ''],
])('returns 400 only for the batched call whose key %s', async (_, bad) => {
  await using app = await startApp()
  const response = await fetch(`${app.url}/generate,unmetered?batch=1`, {
    method: 'POST',
    headers: {
      user: 'ada',
      'content-type': 'application/json',
      // Encode the key, because fetch accepts only Latin-1 in header values.
      'idempotency-key': Buffer.from(`${bad},good`).toString('latin1'),
    },
    body: JSON.stringify({ 0: { prompt: 'x', count: 1 } }),
  })
  const answers: unknown = await response.json()
  expect(answers).toMatchObject([
    { error: { data: { billing: { code: 'KEY_INVALID' }, httpStatus: 400 } } },
    { result: { data: 'ada' } },
  ])
  expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({ available: 10, held: 0 })
})

test('charges nothing for a batch that has one key for several calls', async () => {
  await using app = await startApp()
  const response = await fetch(`${app.url}/generate,generate?batch=1`, {
    method: 'POST',
    headers: { user: 'ada', 'content-type': 'application/json', 'idempotency-key': 'one' },
    body: JSON.stringify({ 0: { prompt: 'x', count: 1 }, 1: { prompt: 'x', count: 1 } }),
  })
  const denied = { error: { data: { billing: { code: 'KEY_INVALID', key: 'one' }, httpStatus: 400 } } }
  expect(await response.json()).toMatchObject([denied, denied])
  expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({ available: 10, held: 0 })
})

test("assigns a batch's keys to its calls in order", async () => {
  const work = counting()
  await using app = await startApp({ work })
  const call = (prompt: string, key: string) => app.client.generate.mutate({ prompt, count: 1 }, withKey(key))
  const [a, b] = await Promise.all([call('a', 'ka'), call('b', 'kb')])
  const [b2, a2] = await Promise.all([call('b', 'kb'), call('a', 'ka')])
  expect([a2, b2]).toEqual([a, b])
  expect(work.runs()).toBe(2)
})

test('charges once when retryLink resends a call whose response was lost', async () => {
  const work = counting()
  await using app = await startApp({ work })
  let losses = 1
  const client = createTRPCClient<AppRouter>({
    links: [
      idempotencyLink(),
      retryLink({ retry: ({ attempts }) => attempts < 4 }),
      httpBatchLink({
        url: app.url,
        headers: (batch) => ({ user: 'ada', ...keyHeaders(batch) }),
        async fetch(url, init) {
          const response = await fetch(String(url), init as RequestInit)
          if (losses-- <= 0) return response
          await response.arrayBuffer()
          throw new TypeError('the network is gone')
        },
      }),
    ],
  })
  expect(await client.generate.mutate({ prompt: 'x', count: 1 })).toEqual({ id: 'x 1' })
  expect(work.runs()).toBe(1)
})

test('returns ALREADY_COMPLETED for a retry if the result was too large to store', async () => {
  await using app = await startApp({ work: { generate: () => 'x'.repeat(70_000) } })
  expect(await codeOf(app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k')))).toBe('done')
  expect(await codeOf(app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k')))).toBe(
    'ALREADY_COMPLETED',
  )
  expect((await app.client.billing.balances.query()).balances[0]).toMatchObject({ available: 9 })
})

test('replays undefined and null unchanged', async () => {
  let result: unknown
  await using app = await startApp({ work: { generate: () => result } })
  const call = (key: string) => app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey(key))
  expect([await call('u'), await call('u')]).toEqual([undefined, undefined])
  result = null
  expect([await call('n'), await call('n')]).toEqual([null, null])
})

test('recognizes a key after the process restarts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  const file = join(folder, 'ledger.db')
  try {
    const work = counting()
    let first: unknown
    {
      await using app = await startApp({ work, ledger: sqliteLedger(file) })
      first = await app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k'))
    }
    await using app = await startApp({ work, ledger: sqliteLedger(file) })
    expect(await app.client.generate.mutate({ prompt: 'x', count: 1 }, withKey('k'))).toEqual(first)
    expect(work.runs()).toBe(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('runs the work once per key when two nodes share a ledger', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  const file = join(folder, 'ledger.db')
  try {
    const work = counting()
    await using one = await startApp({ work, ledger: sqliteLedger(file) })
    await using two = await startApp({ work, ledger: sqliteLedger(file), beside: one })
    await one.client.ping.mutate()
    const call = (app: typeof one) =>
      app.clientWith([idempotencyLink()]).generate.mutate({ prompt: 'x', count: 1 }, withKey('k'))
    const results = await Promise.all([call(one), call(two), call(one), call(two)])
    expect(results).toEqual(Array(4).fill({ id: 'x 1' }))
    expect(work.runs()).toBe(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
