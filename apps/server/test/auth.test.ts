import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabaseOf } from './openDatabaseOf.ts'
import { postAuth, postSignUp } from './postAuth.ts'
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
    payload: { email: 'unknown@example.com', password },
  })

test('starts a session at sign-up and ends it at sign-out', async () => {
  const browser = await signUp(server)
  expect((await browser.call('studio.gallery', {}, { method: 'GET' })).status).toBe(200)
  expect((await browser.fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })).status).toBe(200)
  expect((await browser.call('studio.gallery', {}, { method: 'GET' })).status).toBe(401)
})

test('rejects a sign-in from a page on another origin', async () => {
  const cookie = 'better-auth.session_token=x'
  expect((await signIn({ origin: 'https://evil.example', cookie })).statusCode).toBe(403)
  expect((await signIn({ origin: 'http://localhost:5173', cookie })).statusCode).toBe(401)
})

test('limits sign-in attempts per address, even with forged address headers', async () => {
  const statuses: number[] = []
  for (let attempt = 0; attempt < 40; attempt++) {
    const forged = `10.0.0.${attempt}`
    const headers = { 'x-forwarded-for': forged, 'x-client-address': forged }
    // Without a password, the server has nothing to hash, so forty attempts are fast.
    const { statusCode } = await signIn({ origin: 'http://localhost:5173', ...headers }, null)
    statuses.push(statusCode)
  }
  expect(new Set(statuses)).toEqual(new Set([400, 429]))
})

test('treats a request with an invalid cookie as signed out', async () => {
  const { statusCode } = await server.app.inject({
    url: '/trpc/studio.gallery',
    headers: { cookie: 'better-auth.session_token=%00; better-auth.session_data=%7B%7D' },
  })
  expect(statusCode).toBe(401)
})

test('creates the Flowglad customer at sign-up', async () => {
  const { user } = await signUp(server)
  await expect
    .poll(async () => (await server.flowgladUsage(user.id)).available)
    .toMatchObject({ generations: 10 })
})

test('signs users up while Flowglad is unreachable', async () => {
  await using away = await startTestServer({ env: { FLOWGLAD_BASE_URL: 'http://127.0.0.1:9' } })
  expect((await signUp(away)).user.id).toEqual(expect.any(String))
})

test('allows a second sign-up with an email address only if the first one was interrupted', async () => {
  await using unlimited = await startTestServer()
  const { user } = await signUp(unlimited)
  const [name, domain] = user.email.split('@')
  const alias = `${name}+1@${domain}`
  expect((await postSignUp(unlimited, user.email)).statusCode).toBe(422)
  using database = openDatabaseOf(unlimited)
  // Simulate a process that died after writing the user but before writing the password.
  database.prepare('DELETE FROM account WHERE userId = ?').run(user.id)
  expect((await postSignUp(unlimited, user.email)).statusCode).toBe(422)
  database.prepare('UPDATE user SET createdAt = ? WHERE id = ?').run('2026-01-01T00:00:00.000Z', user.id)
  expect((await postSignUp(unlimited, alias)).statusCode).toBe(200)
  const credentials = { email: alias, password: 'a long password' }
  expect((await postAuth(unlimited, 'sign-in/email', credentials)).statusCode).toBe(200)
})
