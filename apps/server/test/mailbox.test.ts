import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailboxPage } from '../src/mail/mailboxPage.ts'
import { postAuth, postSignUp } from './postAuth.ts'
import { pathOf } from './startSmtp.ts'
import { startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ env: { SIGNUP_VERIFICATION: 'on' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const openMailbox = (from: TestServer, headers: Record<string, string> = {}) =>
  from.app.inject({ url: '/dev/mailbox', headers })

/** Returns the page's links, newest first. */
const linksIn = (page: string) =>
  [...page.matchAll(/<a href="([^"]+)"/g)].map(([, href = '']) => pathOf(href.replaceAll('&amp;', '&')))

test('lists all emails in development without a mail server, newest first', async () => {
  expect((await openMailbox(server)).body).toContain('No emails yet')
  const email = 'ada@example.com'
  const session = await postSignUp(server, email)
  await postAuth(server, 'request-password-reset', { email })
  const { statusCode, body, headers } = await openMailbox(server)
  expect({ statusCode, cache: headers['cache-control'] }).toEqual({ statusCode: 200, cache: 'no-store' })
  const [reset = '', verify = ''] = linksIn(body)
  expect(reset).toMatch(/^\/reset-password#token=/)
  const cookie = session.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const lookUp = () =>
    server.app.inject({
      method: 'POST',
      url: '/trpc/studio.lookup',
      headers: { cookie, 'content-type': 'application/json' },
      payload: { term: 'fresco' },
    })
  expect((await lookUp()).statusCode).toBe(403)
  expect((await server.app.inject({ url: verify })).statusCode).toBe(302)
  expect((await lookUp()).statusCode).toBe(200)
})

test('serves the mailbox only at loopback host names', async () => {
  for (const host of ['localhost:5173', '127.0.0.1:3000', '[::1]:3000'])
    expect({ host, status: (await openMailbox(server, { host })).statusCode }).toEqual({ host, status: 200 })
  for (const host of ['evil.example', 'localhost.evil.example', '192.0.2.1:3000'])
    expect({ host, status: (await openMailbox(server, { host })).statusCode }).toEqual({ host, status: 404 })
})

test.each([
  ['in production', { NODE_ENV: 'production', AUTH_SECRET: randomBytes(32).toString('hex') }],
  ['with a mail server', { SMTP_URL: 'smtp://127.0.0.1:9' }],
])('serves no mailbox %s', async (_, env) => {
  await using without = await startTestServer({ env })
  for (const method of ['GET', 'HEAD', 'POST'] as const)
    expect((await without.app.inject({ method, url: '/dev/mailbox' })).statusCode).toBe(404)
})

test('escapes the text of an email', () => {
  const mail = {
    to: '"<img>"@example.com',
    subject: '<b>',
    before: '&',
    link: 'https://x.example/?a&"',
    after: "'",
  }
  const page = mailboxPage([{ ...mail, receivedAt: new Date(0) }])
  expect(page).toContain('To &quot;&lt;img&gt;&quot;@example.com')
  expect(page).toContain('href="https://x.example/?a&amp;&quot;"')
  expect(page).not.toMatch(/<b>|<img>/)
})
