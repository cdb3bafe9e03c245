import { setTimeout } from 'node:timers/promises'
import Libsql from 'libsql'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../src/database/database.ts'
import { createPictureStore } from '../src/studio/pictureStore.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const fileOf = ({ env }: TestServer) => String(env.DATABASE_URL).slice('file:'.length)

/** Locks the file like a write in another process. Returns a function that releases the lock. */
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
 * Runs `write` while the file is locked. Asserts that the server answers other requests until the lock is
 * released.
 */
async function whileLocked<T>(write: () => Promise<T>): Promise<T> {
  const unlock = lock(fileOf(server))
  let isDone = false
  const writing = write().finally(() => {
    isDone = true
  })
  writing.catch(() => {})
  // A sign-up hashes the password first, which takes about 0.1 s.
  for (let request = 0; request < 10; request += 1) {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await setTimeout(30)
  }
  expect(isDone).toBe(false)
  unlock()
  return writing
}

test('answers other requests while a sign-up waits for the locked file, and then finishes the sign-up', async () => {
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
