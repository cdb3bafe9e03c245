import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const harbour = (count = 1) => ({ prompt: 'a quiet harbour at dawn', count })
const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i))

test('returns 401 for every call and picture request when signed out', async () => {
  const calls = ['studio.generate', 'studio.write', 'billing.refresh'].map((path) =>
    fetch(`${server.url}/trpc/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }),
  )
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([401, 401, 401])
  const { status } = await fetch(`${server.url}/api/studio/pictures/${'0'.repeat(32)}-1.png`)
  expect(status).toBe(401)
})

test('serves a picture only to its owner, and prevents scripts in it from running', async () => {
  const [owner, other] = [await signUp(server), await signUp(server)]
  const { data } = await owner.call('studio.generate', harbour())
  expect(data).toEqual({
    id: expect.any(String),
    pictures: [{ id: expect.any(String), url: expect.any(String) }],
  })
  const { data: spent } = await owner.call('billing.charges', {}, { method: 'GET' })
  expect(spent.charges).toMatchObject([{ procedure: 'studio.generate', amount: 1, reference: data.id }])
  const own = await owner.fetch(data.pictures[0].url)
  expect(Object.fromEntries(own.headers)).toMatchObject({
    'content-type': 'image/svg+xml',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  })
  expect(await own.text()).toMatch(/^<svg [^>]*width="512" height="512"/)
  // Links from an older version end in `.png`.
  expect((await owner.fetch(`${data.pictures[0].url}.png`)).status).toBe(200)

  const etag = own.headers.get('etag') ?? ''
  expect((await owner.fetch(data.pictures[0].url, { headers: { 'if-none-match': etag } })).status).toBe(304)
  expect((await other.fetch(data.pictures[0].url)).status).toBe(404)
  expect((await other.fetch(data.pictures[0].url, { headers: { 'if-none-match': etag } })).status).toBe(404)
  expect((await fetch(server.url + data.pictures[0].url)).status).toBe(401)
  expect((await other.call('studio.gallery', {}, { method: 'GET' })).data.pictures).toEqual([])
})

test("returns the user's own pictures page by page, newest first", async () => {
  const browser = await signUp(server)
  const first = (await browser.call('studio.generate', harbour(3))).data.pictures
  const second = (await browser.call('studio.generate', harbour(2))).data.pictures
  const all = [...second, ...first].map(({ id }) => id)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const { data } = await browser.call('studio.gallery', { limit: 2, cursor }, { method: 'GET' })
    expect(data.pictures.length).toBeLessThanOrEqual(2)
    seen.push(...data.pictures.map(({ id }: { id: string }) => id))
    cursor = data.cursor
  } while (cursor)
  expect(seen).toEqual(all)
})

test('allows exactly 10 of 40 concurrent calls when 10 credits are left and reports 10 units to Flowglad', async () => {
  const browser = await signUp(server)
  const answers = await Promise.all(times(40, () => browser.call('studio.generate', harbour())))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
  const denied = answers.filter(({ status }) => status === 402)
  expect(denied).toHaveLength(30)
  for (const { error } of denied) {
    expect(error.data).toMatchObject({
      code: 'PAYMENT_REQUIRED',
      billing: { code: 'INSUFFICIENT_CREDITS', meter: 'generations', required: 1, upgradeUrl: '/pricing' },
    })
  }
  await expect
    .poll(() => server.flowgladUsage(browser.user.id))
    .toMatchObject({
      used: { generations: 10 },
      available: { generations: 0 },
    })
})

test('returns three results and two denials for a batch of five calls when three credits are left', async () => {
  const browser = await signUp(server)
  await browser.call('studio.generate', harbour(4))
  await browser.call('studio.generate', harbour(3))
  const response = await browser.fetch(`/trpc/${times(5, () => 'studio.generate').join()}?batch=1`, {
    method: 'POST',
    body: JSON.stringify(Object.fromEntries(times(5, harbour.bind(null, 1)).entries())),
  })
  const answers = await response.json()
  expect(response.status).toBe(207)
  expect(answers.filter((it: object) => 'result' in it)).toHaveLength(3)
  expect(
    answers.flatMap(
      (it: { error?: { data: { billing: { code: string } } } }) => it.error?.data.billing.code ?? [],
    ),
  ).toEqual(['INSUFFICIENT_CREDITS', 'INSUFFICIENT_CREDITS'])
})

test('charges nothing for a forbidden prompt or invalid input', async () => {
  const browser = await signUp(server)
  const forbidden = await browser.call('studio.generate', { prompt: 'a Forbidden city', count: 4 })
  expect(forbidden.status).toBe(422)
  expect(forbidden.error.data.code).toBe('UNPROCESSABLE_CONTENT')
  for (const count of [0, 5, -1, 1.5, '1', null]) {
    expect((await browser.call('studio.generate', { ...harbour(), count })).status).toBe(400)
  }
  await expect(read(browser, { prompt: 'something forbidden', maxTokens: 50 })).rejects.toMatchObject({
    data: { code: 'UNPROCESSABLE_CONTENT', httpStatus: 422 },
  })
  const { data } = await browser.call('billing.refresh', {})
  for (const row of data.balances) expect(row).toMatchObject({ held: 0, used: 0 })
})

test('denies HD on the Free plan and charges nothing', async () => {
  const browser = await signUp(server)
  const { status, error } = await browser.call('studio.generate', { ...harbour(), hd: true })
  expect(status).toBe(403)
  expect(error.data.billing).toEqual({ code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/pricing' })
  expect((await browser.call('studio.generate', { ...harbour(), hd: false })).status).toBe(200)
})

test("stops a customer's calls at the customer's own limit, until the customer raises or removes it", async () => {
  const [browser, other] = [await signUp(server), await signUp(server)]
  const limitTo = (limit: number) =>
    browser.call('billing.setBudget', {
      meter: 'generations',
      limit,
      window: 'month',
      timeZone: 'Asia/Tokyo',
    })
  const statuses: number[] = []
  const draw = async (count = 1) =>
    void statuses.push((await browser.call('studio.generate', harbour(count))).status)
  const { status, data } = await limitTo(3)
  expect(status).toBe(200)
  await draw(2)
  const { error } = await browser.call('studio.generate', harbour(2))
  expect(error.data.billing).toEqual({
    code: 'BUDGET_EXCEEDED',
    source: 'customer',
    scope: null,
    meter: 'generations',
    limit: 3,
    used: 2,
    held: 0,
    required: 2,
    window: 'month',
    timeZone: 'Asia/Tokyo',
    resetsAt: expect.any(Number),
  })
  await limitTo(4)
  await draw(2)
  await draw()
  expect((await other.call('studio.generate', harbour())).status).toBe(200)
  expect((await other.call('billing.removeBudget', data)).data).toEqual({ removed: false })
  await browser.call('billing.removeBudget', data)
  await draw()
  expect(statuses).toEqual([200, 200, 402, 200])
})

test('draws HD at twice the width immediately after checkout, even if no webhook arrives', async () => {
  const browser = await signUp(server)
  for (const count of [4, 4, 2]) await browser.call('studio.generate', harbour(count))
  expect((await browser.call('studio.generate', harbour())).status).toBe(402)
  await buyPro(browser)
  const { status, data } = await browser.call('studio.generate', { ...harbour(), hd: true })
  expect(status).toBe(200)
  const svg = await (await browser.fetch(data.pictures[0].url)).text()
  expect(svg).toMatch(/^<svg [^>]*width="1024" height="1024"/)
  await expect
    .poll(() => server.flowgladUsage(browser.user.id))
    .toMatchObject({ available: { generations: 499 } })
})

test('charges for the received tokens instead of the limit', async () => {
  const browser = await signUp(server)
  const short = await read(browser, { prompt: 'the sea', maxTokens: 12 })
  expect(short).toHaveLength(12)
  for (const token of short) expect(token.trim()).toMatch(/^\S+$/)
  await expect.poll(async () => (await server.flowgladUsage(browser.user.id)).used).toEqual({ tokens: 12 })
  const long = await read(browser, { prompt: 'the sea', maxTokens: 1_900 })
  expect(long.length).toBeLessThan(1_000)
  expect(long.slice(0, 11)).toEqual(short.slice(0, 11))
  await expect
    .poll(async () => (await server.flowgladUsage(browser.user.id)).used)
    .toEqual({ tokens: 12 + long.length })
})

test('charges only the counted tokens when the reader disconnects', async () => {
  await using slow = await startTestServer({ flowglad: server.flowglad, env: { STUDIO_LATENCY_MS: '40' } })
  const browser = await signUp(slow)
  const reader = new AbortController()
  let arrived = 0
  try {
    const request = { prompt: 'the sea', maxTokens: 1_000 }
    for await (const _ of await browser.api.studio.write.mutate(request, { signal: reader.signal })) {
      if (++arrived === 3) reader.abort()
    }
  } catch (error) {
    expect(reader.signal.aborted, String(error)).toBe(true)
  }
  const tokens = async () => {
    const { data } = await browser.call('billing.balances', {}, { method: 'GET' })
    return data.balances.find(({ meter }: { meter: string }) => meter === 'tokens')
  }
  await expect.poll(async () => (await tokens()).held).toBe(0)
  const { used } = await tokens()
  expect(used).toBeGreaterThanOrEqual(3)
  expect(used).toBeLessThan(100)
  await expect.poll(async () => (await slow.flowgladUsage(browser.user.id)).used).toEqual({ tokens: used })
})

test('charges one API call for a look-up', async () => {
  const browser = await signUp(server)
  const { data } = await browser.call('studio.lookup', { term: 'Sfumato' })
  expect(data).toEqual({
    term: 'Sfumato',
    meaning: expect.stringContaining('smoke'),
    style: expect.any(String),
    palette: times(5, () => expect.stringMatching(/^#[0-9a-f]{6}$/)),
  })
  await expect.poll(async () => (await server.flowgladUsage(browser.user.id)).used).toEqual({ api_calls: 1 })
})

test('finds no glossary entry for a word that is a property of every JavaScript object', async () => {
  const browser = await signUp(server)
  const { data } = await browser.call('studio.lookup', { term: 'constructor' })
  expect(data.meaning).toMatch(/^This word is not in the glossary\./)
})

test('counts usage by the kind of picture, text and look-up', async () => {
  const browser = await signUp(server)
  await buyPro(browser)
  await browser.call('studio.generate', harbour(3))
  await browser.call('studio.generate', { ...harbour(2), hd: true })
  const lengths: number[] = []
  for (const maxTokens of [1, 100, 101, 300, 301, 600, 601])
    lengths.push((await read(browser, { prompt: 'the sea', maxTokens })).length)
  const tokens = (...texts: number[]) => texts.reduce((sum, index) => sum + (lengths[index] ?? 0), 0)
  for (const term of ['Sfumato', 'wabi sabi', 'harbour', 'constructor'])
    await browser.call('studio.lookup', { term })
  const { data } = await browser.call('billing.usage', { by: 'kind', days: 1 }, { method: 'GET' })
  const of = (meter: string) =>
    Object.fromEntries(
      data
        .filter((row: { meter: string }) => row.meter === meter)
        .map((row: { value: string; amount: number }) => [row.value, row.amount]),
    )
  expect(of('generations')).toEqual({ standard: 3, hd: 2 })
  expect(of('tokens')).toEqual({
    up_to_100: tokens(0, 1),
    up_to_300: tokens(2, 3),
    up_to_600: tokens(4, 5),
    above_600: tokens(6),
  })
  expect(of('api_calls')).toEqual({ in_glossary: 2, not_in_glossary: 2 })
})

test('keeps pictures, sessions and balances across a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metered-restart-'))
  const env = { DATABASE_URL: `file:${join(folder, 'metered.sqlite')}` }
  const digest = async (response: Response) =>
    createHash('sha256')
      .update(new Uint8Array(await response.arrayBuffer()))
      .digest('hex')
  const { browser, url, picture } = await (async () => {
    await using before = await startTestServer({ flowglad: server.flowglad, env })
    const browser = await signUp(before)
    const { url } = (await browser.call('studio.generate', harbour())).data.pictures[0]
    return { browser, url, picture: await digest(await browser.fetch(url)) }
  })()

  await using after = await startTestServer({ flowglad: server.flowglad, env })
  const again = browser.at(after.url)
  expect(await digest(await again.fetch(url))).toBe(picture)
  const { data } = await again.call('billing.balances', {}, { method: 'GET' })
  expect(data.balances.find(({ meter }: { meter: string }) => meter === 'generations')).toMatchObject({
    used: 1,
  })
  await rm(folder, { recursive: true, force: true })
})

/** Pays for Pro without a webhook. The server learns of the new plan when the customer's next call needs it. */
async function buyPro(browser: Browser) {
  const checkout = await browser.call('billing.checkout', { priceSlug: 'pro_monthly' })
  const session = new URL(checkout.data.url).pathname.split('/').at(-1)
  await fetch(`${server.flowglad.url}/__test__/checkout-sessions/${session}/complete`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
}

async function read(browser: Browser, request: { prompt: string; maxTokens: number }): Promise<string[]> {
  const tokens: string[] = []
  for await (const token of await browser.api.studio.write.mutate(request)) tokens.push(token)
  return tokens
}

test('accepts a mutation without a body', async () => {
  await using server = await startTestServer()
  const browser = await signUp(server)
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'no-body' }
  const refreshed = await browser.fetch('/trpc/billing.refresh', { method: 'POST', headers })
  expect(refreshed.status).toBe(200)
})
