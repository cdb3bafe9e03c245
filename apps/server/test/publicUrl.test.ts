import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './testServer.ts'

const publicUrl = 'https://studio.example'
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ env: { PUBLIC_URL: publicUrl, TRUST_PROXY: '1' } })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Headers that claim that the client has requested another address. */
const forged = {
  host: 'evil.example',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  'x-forwarded-port': '80',
  forwarded: 'host=evil.example;proto=http',
}

const signUpFrom = (origin: string, cookie = '') =>
  server.app.inject({
    method: 'POST',
    url: '/api/auth/sign-up/email',
    headers: { ...forged, origin, cookie, 'content-type': 'application/json' },
    payload: { name: 'Ada', email: `${randomUUID()}@example.com`, password: randomUUID() },
  })

test('uses PUBLIC_URL instead of headers for cookies, origins and links', async () => {
  const signedUp = await signUpFrom(publicUrl)
  expect(signedUp.statusCode).toBe(200)
  expect(signedUp.headers['strict-transport-security']).toBeDefined()
  const cookies = [signedUp.headers['set-cookie'] ?? []].flat()
  expect(cookies.length).toBeGreaterThan(0)
  for (const cookie of cookies) expect(cookie).toMatch(/^__Secure-.*; Secure/)

  const cookie = cookies.map((it) => it.split(';')[0]).join('; ')
  const checkout = await server.app.inject({
    method: 'POST',
    url: '/trpc/billing.checkout',
    headers: { ...forged, origin: publicUrl, cookie },
    payload: { priceSlug: 'pro_monthly' },
  })
  const page: string = checkout.json().result.data.url
  const session = await fetch(`${server.flowglad.url}/api/v1/checkout-sessions/${page.split('/').at(-1)}`, {
    headers: { authorization: server.flowglad.key },
  })
  expect((await session.json()).checkoutSession).toMatchObject({
    successUrl: expect.stringMatching(/^https:\/\/studio\.example\//),
    cancelUrl: expect.stringMatching(/^https:\/\/studio\.example\//),
  })
})

test.each(['https://evil.example', 'http://evil.example', 'http://studio.example'])(
  'does not treat %s as its own origin',
  async (origin) => {
    const cookie = '__Secure-better-auth.session_token=x'
    expect((await signUpFrom(origin, cookie)).statusCode).toBe(403)
  },
)

test('sets no Secure cookies for a PUBLIC_URL without TLS even if X-Forwarded-Proto is https', async () => {
  await using plain = await startTestServer({ env: { TRUST_PROXY: '1' }, flowglad: server.flowglad })
  const signedUp = await plain.app.inject({
    method: 'POST',
    url: '/api/auth/sign-up/email',
    headers: {
      origin: 'http://localhost:5173',
      'x-forwarded-proto': 'https',
      'content-type': 'application/json',
    },
    payload: { name: 'Ada', email: `${randomUUID()}@example.com`, password: randomUUID() },
  })
  expect(signedUp.statusCode).toBe(200)
  expect(String(signedUp.headers['set-cookie'])).not.toMatch(/secure/i)
})
