import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { openDatabaseOf } from './openDatabaseOf.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ sessionCheckMs: 100, env: { STUDIO_LATENCY_MS: '500' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const json = { 'content-type': 'application/json', origin: 'http://localhost:5173' }
const password = randomUUID()

/** Signs in on another device and changes the password there, which ends the other sessions. */
async function changePasswordElsewhere({ user }: Browser) {
  const send = (path: string, body: object, cookie = '') =>
    fetch(`${server.url}/api/auth/${path}`, {
      method: 'POST',
      headers: { ...json, cookie },
      body: JSON.stringify(body),
    })
  const signedIn = await send('sign-in/email', { email: user.email, password })
  const cookie = signedIn.headers
    .getSetCookie()
    .map((it) => it.split(';')[0])
    .join('; ')
  const change = { currentPassword: password, newPassword: randomUUID(), revokeOtherSessions: true }
  expect((await send('change-password', change, cookie)).status).toBe(200)
}

function changeRows(sql: string): (browser: Browser) => void {
  return ({ user }) => {
    using database = openDatabaseOf(server)
    database.prepare(sql).run(user.id)
  }
}

/**
 * Reads the balances stream to its end and returns its text. Calls `opened` when the first balances arrive.
 */
async function readBalances(browser: Browser, opened: () => void) {
  const response = await browser.fetch('/trpc/billing.onBalances')
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (text.includes('"version"')) opened()
  }
  return text
}

/** Reads a text to its end and returns the number of tokens and the error's code. */
async function readText({ api }: Browser, opened: () => void) {
  let tokens = 0
  try {
    for await (const _ of await api.studio.write.mutate({ prompt: 'a harbour', maxTokens: 500 })) {
      tokens++
      opened()
    }
  } catch (error) {
    return { tokens, code: (error as { data?: { code: string } }).data?.code }
  }
  return { tokens, code: null }
}

async function whenOpen<T>(open: (opened: () => void) => Promise<T>): Promise<{ end: Promise<T> }> {
  let end: Promise<T> | undefined
  await new Promise<void>((resolve) => {
    end = open(resolve)
  })
  return { end: end as Promise<T> }
}

const isOpen = async (end: Promise<unknown>) =>
  (await Promise.race([end, setTimeout(400, 'open')])) === 'open'

test.each<[string, (browser: Browser) => unknown]>([
  ['signs out', ({ fetch }) => fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })],
  ['changes the password on another device', changePasswordElsewhere],
  ['loses the session', changeRows('DELETE FROM session WHERE userId = ?')],
  [
    'has an expired session',
    changeRows("UPDATE session SET expiresAt = '2026-01-01T00:00:00.000Z' WHERE userId = ?"),
  ],
  ['is deleted', changeRows('DELETE FROM user WHERE id = ?')],
])('ends the open streams of a user who %s, and charges for the text so far', async (_, endSession) => {
  const browser = await signUp(server, password)
  const balances = await whenOpen((opened) => readBalances(browser, opened))
  const text = await whenOpen((opened) => readText(browser, opened))
  await endSession(browser)
  expect(await balances.end).toMatch(/event: serialized-error\ndata: .*"code":"UNAUTHORIZED"/)
  const { tokens, code } = await text.end
  expect(code).toBe('UNAUTHORIZED')
  await expect.poll(async () => (await server.flowgladUsage(browser.user.id)).used.tokens).toBe(tokens)
})

test('keeps the open streams of a user who signs out only on another device', async () => {
  const browser = await signUp(server, password)
  const { end } = await whenOpen((opened) => readBalances(browser, opened))
  const other = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ email: browser.user.email, password }),
  })
  const cookie = other.headers
    .getSetCookie()
    .map((it) => it.split(';')[0])
    .join('; ')
  await fetch(`${server.url}/api/auth/sign-out`, { method: 'POST', headers: { ...json, cookie }, body: '{}' })
  expect(await isOpen(end)).toBe(true)
  await browser.fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })
  await end
})

test('keeps open streams while the database is unavailable and checks their sessions afterward', async () => {
  const browser = await signUp(server, password)
  const { end } = await whenOpen((opened) => readBalances(browser, opened))
  using database = openDatabaseOf(server)
  // Silence better-auth, which logs each failure.
  using _log = vi.spyOn(console, 'error').mockReturnValue()
  database.exec('ALTER TABLE session RENAME TO session_away')
  await setTimeout(400)
  database.exec('ALTER TABLE session_away RENAME TO session')
  expect(await isOpen(end)).toBe(true)
  await browser.fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })
  expect(await end).toContain('UNAUTHORIZED')
})

test('rejects a copied cookie soon after the user has signed out', async () => {
  const browser = await signUp(server)
  const copy = browser.at(server.url)
  const gallery = () => copy.fetch('/trpc/studio.gallery').then(({ status }) => status)
  expect(await gallery()).toBe(200)
  using database = openDatabaseOf(server)
  // Delete the session as a sign-out does, but keep the cookies, to simulate copied cookies.
  database.prepare('DELETE FROM session WHERE userId = ?').run(browser.user.id)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + limits.sessionCacheMs + 1_000 })
  try {
    expect(await gallery()).toBe(401)
  } finally {
    vi.useRealTimers()
  }
  // A stream that opens just before the session cache expires can stay open until the next check, plus 5 s if
  // the check hangs.
  expect(limits.sessionCacheMs + limits.sessionCheckMs + 5_000).toBeLessThanOrEqual(30_000)
})
