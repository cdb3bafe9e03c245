import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postAuth } from './postAuth.ts'
import { startTestServer, type TestServer } from './testServer.ts'

// These limits are lower than the server's, because checking a password takes about 0.1 s of CPU time.
const perCaller = 3
const perAccount = 6
const windowMs = 900_000

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    env: { RATE_LIMIT: 'on', TRUST_PROXY: '1' },
    wrongPasswords: {
      perCaller: { calls: perCaller, windowMs },
      perAccount: { calls: perAccount, windowMs },
    },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const password = 'the right password'

interface Answer {
  statusCode: number
  body: string
  headers: Record<string, unknown>
}

const cookieOf = ({ headers }: Answer) =>
  [headers['set-cookie'] ?? []].flat().map((cookie) => String(cookie).replace(/;.*/, ''))

const send = (path: string, body: object, address: string, cookie: string[] = []): Promise<Answer> =>
  postAuth(server, path, body, { 'x-forwarded-for': address, cookie: cookie.join('; ') })

let networks = 0
const newAddress = () => `2001:db8:${++networks}:1::1`

async function anOwner() {
  const email = `${randomUUID()}@example.com`
  const address = newAddress()
  const signedUp = await send('sign-up/email', { name: 'Ada', email, password }, address)
  expect(signedUp.statusCode).toBe(200)
  return { email, address, cookie: cookieOf(signedUp) }
}

const signIn = (email: string, given: string, address: string, cookie?: string[]) =>
  send('sign-in/email', { email, password: given }, address, cookie)

/** Sends wrong passwords for an account, each from a different address. Returns the last response. */
async function attack(email: string) {
  let last = await signIn(email, 'wrong password', newAddress())
  for (let attempt = 1; attempt <= perAccount; attempt++)
    last = await signIn(email, 'wrong password', newAddress())
  return last
}

test("refuses sign-ins from an IP address after too many wrong passwords, regardless of the email's letter case", async () => {
  const { email } = await anOwner()
  const address = newAddress()
  for (let attempt = 0; attempt < perCaller; attempt++)
    expect(
      (await signIn(attempt % 2 ? email.toUpperCase() : email, `wrong ${attempt}`, address)).statusCode,
    ).toBe(401)
  const refused = await signIn(email, password, address)
  expect(refused.statusCode).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  // The owner can sign in from another address without a cookie.
  expect((await signIn(email, password, newAddress())).statusCode).toBe(200)
})

test('stops an attacker with many IP addresses but lets the owner sign in from a known browser or IP address', async () => {
  const owner = await anOwner()
  expect((await attack(owner.email)).statusCode).toBe(429)
  expect((await signIn(owner.email, password, newAddress())).statusCode).toBe(429)
  expect((await signIn(owner.email, password, newAddress(), owner.cookie)).statusCode).toBe(200)
  expect((await signIn(owner.email, password, owner.address)).statusCode).toBe(200)
  const session = await server.app.inject({
    url: '/trpc/studio.gallery',
    headers: { cookie: owner.cookie.join('; ') },
  })
  expect(session.statusCode).toBe(200)
  // Another account's cookie or a forged cookie doesn't lift the limit.
  const attacker = await anOwner()
  const forged = owner.cookie.map((pair) => (pair.includes('known_device') ? `${pair}x` : pair))
  for (const cookie of [attacker.cookie, forged])
    expect((await signIn(owner.email, password, newAddress(), cookie)).statusCode).toBe(429)
})

test('gives the same response for a nonexistent account as for an existing account', async () => {
  const existing = await attack((await anOwner()).email)
  const unknown = await attack(`${randomUUID()}@example.com`)
  expect(unknown.statusCode).toBe(existing.statusCode)
  const withoutTime = ({ body }: Answer) => body.replace(/\d+(\.\d+)?/g, 'N')
  expect(withoutTime(unknown)).toBe(withoutTime(existing))
})

test('does not count successful sign-ins', async () => {
  const { email } = await anOwner()
  const address = newAddress()
  for (let attempt = 0; attempt < perCaller + 2; attempt++)
    expect((await signIn(email, password, address)).statusCode).toBe(200)
})

test('counts each of several simultaneous attempts', async () => {
  const { email } = await anOwner()
  const address = newAddress()
  const attempts = Array.from({ length: perCaller + 5 }, () => signIn(email, 'wrong password', address))
  const refused = (await Promise.all(attempts)).filter(({ statusCode }) => statusCode === 429)
  expect(refused).toHaveLength(5)
})

test('applies one limit to wrong current passwords on all routes', async () => {
  const { email, address, cookie } = await anOwner()
  const change = (currentPassword: string) =>
    send('change-password', { currentPassword, newPassword: 'a new password' }, newAddress(), cookie)
  const verify = (given: string) => send('verify-password', { password: given }, newAddress(), cookie)
  for (let attempt = 0; attempt < perCaller; attempt++)
    expect((await (attempt % 2 ? change : verify)(`wrong ${attempt}`)).statusCode).toBe(400)
  expect((await change(password)).statusCode).toBe(429)
  expect((await verify(password)).statusCode).toBe(429)
  expect((await signIn(email, password, address, cookie)).statusCode).toBe(200)
})
