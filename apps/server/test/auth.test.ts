import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT: 'on' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const signIn = (headers: Record<string, string>, password: string | null = randomUUID()) =>
  server.app.inject({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    headers: { 'content-type': 'application/json', ...headers },
    payload: { email: 'nobody@example.com', password },
  })

test('a session begins with signing up and ends with signing out', async () => {
  const browser = await signUp(server)
  expect((await browser.call('studio.gallery', {}, { method: 'GET' })).status).toBe(200)
  expect((await browser.fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })).status).toBe(200)
  expect((await browser.call('studio.gallery', {}, { method: 'GET' })).status).toBe(401)
})

test('pages of a foreign origin cannot sign anybody in', async () => {
  const cookie = 'better-auth.session_token=x'
  expect((await signIn({ origin: 'https://evil.example', cookie })).statusCode).toBe(403)
  expect((await signIn({ origin: 'http://localhost:5173', cookie })).statusCode).toBe(401)
})

test('guessing passwords is slowed by address, and a forged header does not help', async () => {
  const statuses: number[] = []
  for (let attempt = 0; attempt < 40; attempt++) {
    const forged = `10.0.0.${attempt}`
    const headers = { 'x-forwarded-for': forged, 'x-client-address': forged }
    // Without a password there is nothing to hash, and forty attempts take no time.
    const { statusCode } = await signIn({ origin: 'http://localhost:5173', ...headers }, null)
    statuses.push(statusCode)
  }
  expect(new Set(statuses)).toEqual(new Set([400, 429]))
})

test('a broken cookie is nobody, not an error', async () => {
  const { statusCode } = await server.app.inject({
    url: '/trpc/studio.gallery',
    headers: { cookie: 'better-auth.session_token=%00; better-auth.session_data=%7B%7D' },
  })
  expect(statusCode).toBe(401)
})
