import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { postAuth } from './postAuth.ts'
import { openRaw, type RawConnection } from './rawHttp.ts'
import { signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ env: { TRUST_PROXY: '1' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const body = () => ({ email: `${randomUUID()}@example.com`, password: 'a long password' })
const signIn = (address: string) => postAuth(server, 'sign-in/email', body(), { 'x-forwarded-for': address })

test('signs in users on other networks and reads files while one network sends too many sign-ins', async () => {
  let answered = 0
  const flood = Array.from({ length: 16 }, async () => {
    await signIn('198.51.100.1')
    answered++
  })
  await expect.poll(() => answered).toBeGreaterThan(0)
  await Promise.all([signIn('198.51.100.2'), readFile(import.meta.filename)])
  expect(answered).toBeLessThan(10)
  await Promise.all(flood)
})

test('returns 503 if too many sign-ins from one network are waiting', async () => {
  const { runningPerCustomer, waitingPerCustomer } = limits.passwordTurns
  const leaving = new AbortController()
  const via = { 'x-forwarded-for': '198.51.100.3' }
  const statuses: number[] = []
  const flood = Array.from({ length: runningPerCustomer + waitingPerCustomer + 5 }, async () => {
    const response = await fetch(`${server.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:5173', ...via },
      body: JSON.stringify(body()),
      signal: leaving.signal,
    })
    statuses.push(response.status)
    if (response.status === 503) expect(response.headers.get('retry-after')).toBe('5')
  })
  await expect.poll(() => statuses.filter((status) => status === 503)).not.toEqual([])
  leaving.abort()
  await Promise.allSettled(flood)
  // The queue is empty once the disconnected callers' requests have left it.
  await expect.poll(async () => (await signIn('198.51.100.3')).statusCode).toBe(401)
})

test("lets other clients sign in while some clients don't read their sign-in responses", async () => {
  const cookie = (await signUp(server)).cookie()
  const connections: RawConnection[] = []
  try {
    for (const address of ['198.51.100.4', '198.51.100.5']) {
      const connection = await openRaw(server.url)
      connections.push(connection)
      const sent = JSON.stringify(body())
      // A connection's responses are sent in order, so the sign-in responses wait for the end of the stream.
      await connection.send(
        `GET /trpc/billing.onBalances HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncookie: ${cookie}\r\n\r\n`,
      )
      expect(await connection.status()).toBe(200)
      await connection.send(
        `POST /api/auth/sign-in/email HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:5173\r\nx-forwarded-for: ${address}\r\ncontent-type: application/json\r\ncontent-length: ${sent.length}\r\n\r\n${sent}`.repeat(
          2,
        ),
      )
    }
    expect((await signIn('198.51.100.6')).statusCode).toBe(401)
  } finally {
    for (const connection of connections) await connection[Symbol.asyncDispose]()
  }
})
