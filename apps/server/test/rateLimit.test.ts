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
  await Promise.all(Array.from({ length: 40 }, () => limit('ada')))
})

test('too many calls are 429 with retryAfterMs, each call of a batch counts, and none of them costs anything', async () => {
  await using server = await startTestServer({ env: { RATE_LIMIT: 'on' } })
  const browser = await signUp(server)
  const statuses: number[] = []
  const refused: { data: { code: string; retryAfterMs: number; billing: unknown } }[] = []
  for (let batch = 0; batch * 40 < defaultRateLimit.calls + 40; batch++) {
    const answers: { error?: (typeof refused)[number] }[] = await (
      await browser.fetch(lookUps(40) + terms(40))
    ).json()
    for (const { error } of answers) {
      statuses.push(error ? 429 : 200)
      if (error) refused.push(error)
    }
  }
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(defaultRateLimit.calls)
  expect(refused.length).toBeGreaterThan(0)
})
