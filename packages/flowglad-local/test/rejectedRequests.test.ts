import { get } from 'node:http'
import { expect, it } from 'vitest'
import { sharedStudio } from './studio.ts'

/** The server for all tests that don't change its data. */
const shared = sharedStudio()

it('returns plain text for invalid keys and unknown routes', async () => {
  const studio = shared()
  const ask = async (path: string, authorization?: string) => {
    const answer = await fetch(
      `${studio.url}/api/v1${path}`,
      authorization ? { headers: { authorization } } : {},
    )
    return [answer.status, answer.headers.get('content-type')?.split(';')[0]]
  }
  expect(await ask('/customers')).toEqual([401, 'text/plain'])
  expect(await ask('/customers', 'sk_other')).toEqual([401, 'text/plain'])
  expect(await ask('/customers', `Basic ${studio.key}`)).toEqual([401, 'text/plain'])
  expect(await ask('/nope', `bEARER ${studio.key}`)).toEqual([404, 'text/plain'])
})

it.each([
  ['POST', '/nope', 404, 'text/plain'],
  ['DELETE', '/products/x', 404, 'text/plain'],
  ['OPTIONS', '/customers', 404, 'text/plain'],
  ['DELETE', '/discounts/x', 404, 'text/plain'],
  ['DELETE', '/customers/x', 415, 'application/json'],
  ['GET', '/catalogs/x', 404, 'text/plain'],
])(
  'returns the expected status and content type for %s %s, even without a body',
  async (method, path, status, type) => {
    const studio = shared()
    const headers = { authorization: studio.key }
    const answer = await fetch(`${studio.url}/api/v1${path}`, { method, headers })
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([status, type])
  },
)

it("accepts only requests to this machine's host names", async () => {
  const studio = shared()
  const { port } = new URL(studio.url)
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(studio.url, { headers: { host: `${host}:${port}` } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).once('error', reject)
    })
  expect(await statusFor('evil.example')).toBe(403)
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) expect(await statusFor(host)).toBe(200)
})
