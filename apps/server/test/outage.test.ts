import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFlowgladLocal } from 'flowglad-local'
import { Client } from 'pg'
import { type Postgres, startPostgres } from 'test-postgres'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startSwallowingProxy } from '../../../packages/billing/test/ledger/swallowingProxy.ts'
import { createServer } from '../src/server.ts'
import { startBuiltServer } from './serverProcess.ts'
import { type Browser, pricing, signUp, startTestServer } from './testServer.ts'

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** The server must recover within this time after the database is available again. */
const recovery = { timeout: 30_000 }

const readyz = async ({ url }: { url: string }) => {
  const response = await fetch(`${url}/readyz`)
  return { status: response.status, reasons: (await response.json()).reasons }
}
const statusOf = async (path: string, { url }: { url: string }) => (await fetch(url + path)).status
const generate = (browser: Browser) => browser.call('studio.generate', { prompt: 'two harbours', count: 1 })
const gallery = (browser: Browser) => browser.call('studio.gallery', {}, { method: 'GET' })
const post = (browser: Browser, path: string, body: object) =>
  browser.fetch(path, { method: 'POST', body: JSON.stringify(body) })

/** Stops PostgreSQL, and starts it again after the test even if the test fails. */
async function stopPostgres() {
  await postgres.stop()
  let isStopped = true
  const start = async () => {
    if (isStopped) await postgres.start()
    isStopped = false
  }
  return { start, [Symbol.asyncDispose]: start }
}

const environment = (url: string, flowglad = 'http://127.0.0.1:9') => ({
  AUTH_SECRET: randomBytes(32).toString('hex'),
  PORT: '0',
  PUBLIC_URL: 'http://localhost:5173',
  SIGNUP_VERIFICATION: 'off',
  DATABASE_URL: url,
  FLOWGLAD_BASE_URL: flowglad,
})

test('starts while PostgreSQL is down and becomes ready within 30 s after PostgreSQL starts', async () => {
  await using flowglad = await startFlowgladLocal({ pricing })
  const url = await postgres.createDatabase()
  await using outage = await stopPostgres()
  const { child, ended, line, output } = startBuiltServer({
    ...environment(url, flowglad.url),
    FLOWGLAD_SECRET_KEY: flowglad.key,
  })
  const [, address = ''] = await line(/Server listening at (http:[^"\s]+)/)
  const server = { url: address }
  expect(await statusOf('/healthz', server)).toBe(200)
  expect(await readyz(server)).toEqual({ status: 503, reasons: [expect.stringContaining('ECONNREFUSED')] })
  await expect(signUp(server)).rejects.toThrow('Sign-up returned 503')
  expect(await readyz(server)).toMatchObject({ status: 503 })
  expect(output().match(/Waiting for the database[^"]*ECONNREFUSED/g)).toHaveLength(1)

  await outage.start()
  await expect.poll(() => readyz(server), recovery).toEqual({ status: 200, reasons: [] })
  const browser = await signUp(server)
  await expect.poll(() => generate(browser)).toMatchObject({ status: 200 })
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0, output: expect.stringContaining('The database is ready') })
})

test.each([
  ['password', { password: 'wrong' }, 'password authentication failed'],
  ['database', { pathname: 'missing' }, 'database "missing" does not exist'],
])('exits immediately with a one-line message if the %s is wrong', async (_, change, message) => {
  const url = Object.assign(new URL(await postgres.createDatabase()), change)
  const { code, output } = await startBuiltServer(environment(url.href)).ended
  expect(code).toBe(1)
  expect(output.trim().split('\n')).toEqual([expect.stringContaining(`The server cannot start: ${message}`)])
})

test('exits immediately with a one-line message if a newer release has migrated the ledger', async () => {
  const url = await postgres.createDatabase()
  const first = await startTestServer({ env: { DATABASE_URL: url } })
  await first[Symbol.asyncDispose]()
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('INSERT INTO metered.migration (id) VALUES (1000)')
  await client.end()
  const { code, output } = await startBuiltServer(environment(url)).ended
  expect(code).toBe(1)
  const lines = output.trim().split('\n')
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([
    expect.stringMatching(/^The server cannot start: A newer release of @metered\/billing/),
  ])
})

/**
 * Returns the browser's cookies without the cached copy of the session, so that a request reads the database.
 */
function withoutCache(browser: Browser) {
  const cookies = browser.cookie().split('; ')
  return { headers: { cookie: cookies.filter((it) => !it.includes('session_data')).join('; ') } }
}

test('returns 503 for session requests until PostgreSQL responds again', async () => {
  const direct = new URL(await postgres.createDatabase())
  await using proxy = await startSwallowingProxy({ host: direct.hostname, port: Number(direct.port) })
  const address = Object.assign(new URL(direct), { port: String(proxy.port) })
  await using server = await startTestServer({ env: { DATABASE_URL: address.href } })
  const browser = await signUp(server)
  const session = () => browser.fetch('/api/auth/get-session', withoutCache(browser))
  expect((await session()).status).toBe(200)
  proxy.swallow()
  expect((await session()).status).toBe(503)
  proxy.heal()
  await expect.poll(async () => (await session()).status, recovery).toBe(200)
})

test('returns 503 while PostgreSQL is down, keeps users signed in, and recovers within 30 s', async () => {
  const password = 'correct horse battery'
  const webRoot = await mkdtemp(join(tmpdir(), 'metered-web-'))
  onTestFinished(() => rm(webRoot, { recursive: true }))
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>Studio</title>')
  await using server = await startTestServer({
    env: { DATABASE_URL: await postgres.createDatabase() },
    create: ({ env, ...options }) => createServer({ env: { ...env, production: true, webRoot }, ...options }),
  })
  const browser = await signUp(server, password)
  await expect.poll(() => generate(browser)).toMatchObject({ status: 200 })
  const { email } = browser.user
  const signIn = () => post(browser, '/api/auth/sign-in/email', { email, password })
  const uncached = () => withoutCache(browser)
  expect(await (await browser.fetch('/api/auth/get-session', uncached())).json()).toMatchObject({
    user: { email },
  })

  await using outage = await stopPostgres()
  const before = browser.cookie()
  const session = await browser.fetch('/api/auth/get-session', uncached())
  expect({ status: session.status, cookies: session.headers.getSetCookie() }).toEqual({
    status: 503,
    cookies: [],
  })
  for (const [path, body] of [
    ['/api/auth/sign-in/email', { email, password }],
    ['/api/auth/sign-up/email', { email: 'bob@example.com', password, name: 'Bob' }],
    ['/api/auth/update-user', { name: 'Bob' }],
    ['/api/auth/change-password', { currentPassword: password, newPassword: `${password}!` }],
    ['/api/auth/revoke-other-sessions', {}],
    ['/api/auth/sign-out', {}],
  ] as const) {
    const response = await browser.fetch(path, {
      method: 'POST',
      body: JSON.stringify(body),
      ...uncached(),
    })
    expect({ path, status: response.status, cookies: response.headers.getSetCookie() }).toEqual({
      path,
      status: 503,
      cookies: [],
    })
  }
  const unavailable = {
    status: 503,
    error: { data: { billing: { code: 'BILLING_UNAVAILABLE' } } },
  }
  expect(
    await Promise.all([
      generate(browser),
      browser.call('studio.generate', { prompt: 'a harbour', count: 1 }, uncached()),
      gallery(browser),
      browser.call('studio.lookup', { term: 'fresco' }),
      browser.call('billing.balances', {}, { method: 'GET' }),
    ]),
  ).toMatchObject([unavailable, unavailable, { status: 503 }, unavailable, unavailable])
  for (const path of ['/healthz', '/', '/pricing', '/index.html'])
    expect({ path, status: await statusOf(path, server) }).toEqual({ path, status: 200 })
  expect(await readyz(server)).toEqual({
    status: 503,
    reasons: [expect.stringContaining('ECONNREFUSED')],
  })
  expect(browser.cookie()).toBe(before)

  await outage.start()
  await expect.poll(() => readyz(server), recovery).toEqual({ status: 200, reasons: [] })
  expect(await (await browser.fetch('/api/auth/get-session', uncached())).json()).toMatchObject({
    user: { email },
  })
  await expect.poll(() => generate(browser)).toMatchObject({ status: 200 })
  expect((await gallery(browser)).data.pictures).toHaveLength(2)
  expect((await signIn()).status).toBe(200)
})
