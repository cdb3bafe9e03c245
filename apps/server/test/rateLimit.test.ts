import { expect, test } from 'vitest'
import { createRateLimit, RateLimitedError } from '../src/limits/rateLimit.ts'
import { type Browser, signUp, startTestServer } from './testServer.ts'

/** Sends look-ups in one batch. */
const lookUp = (browser: Browser, count: number) =>
  browser.fetch(`/trpc/${Array(count).fill('studio.lookup').join()}?batch=1`, {
    method: 'POST',
    body: JSON.stringify({ ...Array(count).fill({ term: 'x' }) }),
  })

test('limits each user separately', async () => {
  const limit = createRateLimit({ calls: 3, windowMs: 60_000 })
  for (let call = 0; call < 3; call++) await limit('ada')
  await expect(limit('ada')).rejects.toBeInstanceOf(RateLimitedError)
  await expect(limit('grace')).resolves.toBeUndefined()
})

test('allows forty simultaneous calls by default', async () => {
  const limit = createRateLimit()
  await expect(Promise.all(Array.from({ length: 40 }, () => limit('ada')))).resolves.toHaveLength(40)
})

// This window is longer than any test.
const rateLimit = { calls: 5, windowMs: 600_000 }
const startLimited = () => startTestServer({ env: { RATE_LIMIT: 'on' }, rateLimit })

test('counts every call in a batch, returns 429 for calls over the limit and charges nothing for them', async () => {
  await using server = await startLimited()
  const browser = await signUp(server)
  const answers: { result?: object; error?: { data: Record<string, unknown> } }[] = []
  for (let batch = 0; batch < 2; batch++) {
    answers.push(...(await (await lookUp(browser, 4)).json()))
  }
  expect(answers.filter(({ result }) => result)).toHaveLength(5)
  const limited = answers.flatMap(({ error }) => (error ? [error.data] : []))
  expect(limited).toHaveLength(3)
  for (const data of limited) {
    expect(data).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      httpStatus: 429,
      billing: null,
      retryAfterMs: expect.any(Number),
    })
    expect(data.retryAfterMs).toBeLessThanOrEqual(rateLimit.windowMs)
  }
  await expect.poll(async () => (await server.flowgladUsage(browser.user.id)).used).toEqual({ api_calls: 5 })
})

test.each([
  ['recording usage from a browser', 'usage-events/create', { usageMeterSlug: 'nope' }],
  ["reading Flowglad's billing data", 'customers/billing', {}],
])('returns 429 with retryAfterMs and retry-after for %s over the limit', async (_, action, body) => {
  await using server = await startLimited()
  const browser = await signUp(server)
  const post = () => browser.fetch(`/api/flowglad/${action}`, { method: 'POST', body: JSON.stringify(body) })
  const answers = await Promise.all(Array.from({ length: 7 }, post))
  const limited = answers.filter(({ status }) => status === 429)
  expect(limited).toHaveLength(2)
  expect(Number(limited[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await limited[0]?.json()).toMatchObject({
    error: { code: 'too_many_requests', json: { retryAfterMs: expect.any(Number) } },
  })
})
