import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import Libsql from 'libsql'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../src/database/database.ts'
import { createPictureStore } from '../src/studio/pictureStore.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metered-locked-'))
  server = await startTestServer()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const fileOf = ({ env }: TestServer) => String(env.DATABASE_URL).slice('file:'.length)

/** Locks the file as a write in another process would. Returns a function that releases the lock. */
function lock(file: string) {
  const other = new Libsql(file)
  other.exec('BEGIN IMMEDIATE')
  let locked = true
  const unlock = () => {
    if (locked) other.exec('COMMIT')
    locked = false
  }
  onTestFinished(() => {
    unlock()
    other.close()
  })
  return unlock
}

/**
 * Runs `write` while the file is locked. Expects the server to answer other requests until the lock is
 * released.
 */
async function whileLocked<T>(write: () => Promise<T>): Promise<T> {
  const unlock = lock(fileOf(server))
  let isDone = false
  const writing = write().finally(() => {
    isDone = true
  })
  writing.catch(() => {})
  // A sign-up hashes the password for about 0.1 s before the first write, so send requests for longer than
  // that.
  for (let request = 0; request < 10; request += 1) {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await setTimeout(30)
  }
  expect(isDone).toBe(false)
  unlock()
  return writing
}

test('starts while another process locks the file and becomes ready when the file is unlocked', async () => {
  const first = await startTestServer({ env: { DATABASE_URL: `file:${join(folder, 'locked.sqlite')}` } })
  await first[Symbol.asyncDispose]()
  const unlock = lock(fileOf(first))
  await using late = await startTestServer({ env: first.env })
  const statusOf = async (path: string) => (await fetch(late.url + path)).status
  expect(await statusOf('/healthz')).toBe(200)
  expect(await statusOf('/readyz')).toBe(503)
  unlock()
  await expect.poll(() => statusOf('/readyz'), { timeout: 30_000 }).toBe(200)
  await signUp(late)
})

test('returns 503 for a sign-in until the file is unlocked', async () => {
  const password = 'correct horse battery'
  const { fetch: send, user } = await signUp(server, password)
  const unlock = lock(fileOf(server))
  const signIn = async () =>
    (
      await send('/api/auth/sign-in/email', {
        method: 'POST',
        body: JSON.stringify({ email: user.email, password }),
      })
    ).status
  expect(await signIn()).toBe(503)
  unlock()
  expect(await signIn()).toBe(200)
})

test('answers other requests while a sign-up waits for the locked file', async () => {
  const browser = await whileLocked(() => signUp(server))
  expect((await browser.call('studio.gallery', {}, { method: 'GET' })).status).toBe(200)
})

test.each<[string, (browser: Browser, password: string) => Promise<Response>]>([
  [
    'sign-in',
    ({ fetch, user: { email } }, password) =>
      fetch('/api/auth/sign-in/email', { method: 'POST', body: JSON.stringify({ email, password }) }),
  ],
  ['sign-out', ({ fetch }) => fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })],
  [
    'change of the name',
    ({ fetch }) =>
      fetch('/api/auth/update-user', { method: 'POST', body: JSON.stringify({ name: 'Countess Ada' }) }),
  ],
])('answers other requests while a %s waits for the locked file', async (_, send) => {
  const password = 'correct horse battery'
  const browser = await signUp(server, password)
  expect((await whileLocked(() => send(browser, password))).status).toBe(200)
})

test('shows the gallery while pictures wait for the locked file', async () => {
  await using database = openDatabase({ type: 'sqlite', file: fileOf(server) }, async () => {})
  const store = createPictureStore({ kysely: database.kysely, now: Date.now })
  const gallery = async () => (await store.page({ user: 'ada', limit: 10, before: null })).pictures
  const pictures = [{ file: Uint8Array.of(1), contentType: 'image/svg+xml', size: 8 } as const]
  await database.ready()
  expect(await gallery()).toEqual([])
  await whileLocked(async () => {
    const keeping = store.keep({ user: 'ada', prompt: 'a harbour', pictures })
    expect(await gallery()).toEqual([])
    return keeping
  })
  expect(await gallery()).toMatchObject([{ prompt: 'a harbour' }])
})
