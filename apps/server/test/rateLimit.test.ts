import { expect, test } from 'vitest'
import { createRateLimit, defaultRateLimit, RateLimitedError } from '../src/rateLimit.ts'
import { signUp, startTestServer } from './testServer.ts'

const lookUps = (count: number) =>
  `/trpc/${Array.from({ length: count }, () => 'studio.lookup').join()}?batch=1`
const terms = (count: number) =>
  `&input=${encodeURIComponent(JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [i, { term: 'x' }]))))}`

test('one user’s burst does not slow another', async () => {
  const limit = createRateLimit({ calls: 3, windowMs: 60_000 })
  for (let call = 0; call < 3; call++) await limit('ada')
  await expect(limit('ada')).rejects.toBeInstanceOf(RateLimitedError)
  await expect(limit('grace')).resolves.toBeUndefined()
})

test('forty calls at once pass under the default', async () => {
  const limit = createRateLimit()
  await expect(Promise.all(Array.from({ length: 40 }, () => limit('ada')))).resolves.toHaveLength(40)
})

test('too many calls are 429 with retryAfterMs, each call of a batch counts, and none of them costs anything', async () => {
  await using server = await startTestServer({ env: { RATE_LIMIT: 'on' } })
  const browser = await signUp(server)
  const answers: { result?: object; error?: { data: Record<string, unknown> } }[] = []
  for (let batch = 0; batch < 5; batch++) {
    answers.push(...(await (await browser.fetch(lookUps(40) + terms(40))).json()))
  }
  const succeeded = answers.filter(({ result }) => result)
  const limited = answers.flatMap(({ error }) =>
    error?.data.code === 'TOO_MANY_REQUESTS' ? [error.data] : [],
  )
  for (const data of limited) {
    expect(data).toMatchObject({ httpStatus: 429, billing: null, retryAfterMs: expect.any(Number) })
    expect(data.retryAfterMs).toBeLessThanOrEqual(defaultRateLimit.windowMs)
  }
  expect(limited.length).toBeGreaterThan(0)
  await expect
    .poll(async () => (await server.books(browser.user.id)).used)
    .toEqual({ api_calls: succeeded.length })
})

test.each([
  ['usage that a browser reports', 'usage-events/create', { usageMeterSlug: 'nope' }],
  ["reading Flowglad's books", 'customers/billing', {}],
])(
  '%s counts as a call: too much of it is 429 with retryAfterMs and retry-after',
  async (_, action, body) => {
    await using server = await startTestServer({ env: { RATE_LIMIT: 'on' } })
    const browser = await signUp(server)
    const post = () =>
      browser.fetch(`/api/flowglad/${action}`, { method: 'POST', body: JSON.stringify(body) })
    const answers = await Promise.all(Array.from({ length: defaultRateLimit.calls + 20 }, post))
    const limited = answers.filter(({ status }) => status === 429)
    expect(limited.length).toBeGreaterThan(0)
    expect(Number(limited[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await limited[0]?.json()).toMatchObject({
      error: { code: 'too_many_requests', json: { retryAfterMs: expect.any(Number) } },
    })
  },
)
