import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postAuth } from './postAuth.ts'
import { startSmtp } from './startSmtp.ts'
import { signUp, startTestServer, type TestServer } from './testServer.ts'

let smtp: Awaited<ReturnType<typeof startSmtp>>
let server: TestServer
beforeAll(async () => {
  smtp = await startSmtp()
  server = await startTestServer({ env: { SMTP_URL: smtp.url, SIGNUP_VERIFICATION: 'off' } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await smtp[Symbol.asyncDispose]()
})

const signIn = async (email: string, password: string) =>
  (await postAuth(server, 'sign-in/email', { email, password })).statusCode

const requestReset = (email: string, more: object = {}) =>
  postAuth(server, 'request-password-reset', { email, ...more })

const reset = async (token: string | undefined, newPassword: string) =>
  (await postAuth(server, 'reset-password', { token, newPassword })).statusCode

/** Requests a reset and returns the token in the email. */
async function tokenFor(email: string, count = 1) {
  expect((await requestReset(email)).statusCode).toBe(200)
  const [, token] = /^\/reset-password#token=(\w+)$/.exec(await smtp.linkTo(email, count)) ?? []
  return token
}

test('lets the emailed link set a new password once and ends all sessions', async () => {
  const browser = await signUp(server, 'an old password')
  const { email } = browser.user
  const token = await tokenFor(email)
  expect(await reset(token, 'short')).toBe(400)
  expect(await reset(token, 'a new password')).toBe(200)
  expect(await reset(token, 'a third password')).toBe(400)
  expect(await signIn(email, 'an old password')).toBe(401)
  expect(await signIn(email, 'a new password')).toBe(200)
  const session = await browser.fetch('/api/auth/get-session?disableCookieCache=true')
  expect(await session.json()).toBeNull()
})

test('keeps the old password and the sessions until the link is used', async () => {
  const browser = await signUp(server, 'an old password')
  await tokenFor(browser.user.email)
  expect(await signIn(browser.user.email, 'an old password')).toBe(200)
  expect(await reset(randomUUID(), 'a new password')).toBe(400)
  expect((await browser.call('studio.gallery', {}, { method: 'GET' })).status).toBe(200)
})

test('gives the same response for a known and an unknown address, but sends no email to the unknown one', async () => {
  const { user } = await signUp(server)
  const known = await requestReset(user.email)
  const unknown = await requestReset('unknown@example.com')
  expect(unknown.statusCode).toBe(known.statusCode)
  expect(unknown.body).toBe(known.body)
  await smtp.linkTo(user.email)
  expect(smtp.mailsTo('unknown@example.com')).toEqual([])
})

test('never mails a link that leads to another site', async () => {
  const { user } = await signUp(server)
  expect((await requestReset(user.email, { redirectTo: 'https://evil.example' })).statusCode).toBe(403)
  expect((await requestReset(user.email, { redirectTo: '/elsewhere' })).statusCode).toBe(200)
  expect(await smtp.linkTo(user.email)).toMatch(/^\/reset-password#/)
})

test('refuses to reset passwords in production without a mail server', async () => {
  await using without = await startTestServer({
    env: { NODE_ENV: 'production', AUTH_SECRET: randomBytes(32).toString('hex') },
  })
  const answer = await postAuth(
    without,
    'request-password-reset',
    { email: 'ada@example.com' },
    {
      origin: 'http://localhost',
    },
  )
  expect({ status: answer.statusCode, code: answer.json().code }).toEqual({
    status: 400,
    code: 'RESET_PASSWORD_DISABLED',
  })
})
