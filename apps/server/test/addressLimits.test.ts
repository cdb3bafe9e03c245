import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { postAuth } from './postAuth.ts'
import { signUp, startTestServer, type TestServer } from './testServer.ts'

let direct: TestServer
let behindProxy: TestServer
beforeAll(async () => {
  direct = await startTestServer({ env: { RATE_LIMIT: 'on' } })
  behindProxy = await startTestServer({
    env: { RATE_LIMIT: 'on', TRUST_PROXY: '1' },
    flowglad: direct.flowglad,
  })
})
afterAll(async () => {
  await behindProxy[Symbol.asyncDispose]()
  await direct[Symbol.asyncDispose]()
})

type Send = (forwardedFor?: string) => Promise<{ statusCode: number; headers: object }>

const via = (forwardedFor?: string) => (forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor })

/** Attempts to sign in without a password, which is fast because the server has nothing to hash. */
const signInAt =
  (server: TestServer): Send =>
  (forwardedFor) =>
    postAuth(server, 'sign-in/email', { email: 'unknown@example.com', password: null }, via(forwardedFor))

const getAt =
  (server: TestServer, url: string): Send =>
  (forwardedFor) =>
    server.app.inject({ url, headers: via(forwardedFor) })

const plans = '/trpc/billing.plans'

/** Sends requests with the given values of X-Forwarded-For. Returns the number of 429 responses. */
async function refusedOf(send: Send, count: number, forwardedFor: (index: number) => string | undefined) {
  let refused = 0
  for (let index = 0; index < count; index++)
    if ((await send(forwardedFor(index))).statusCode === 429) refused++
  return refused
}

const perAddress = limits.signInsPerAddress.calls

test('counts the requests of each visitor behind a trusted proxy separately', async () => {
  const signIn = signInAt(behindProxy)
  expect(await refusedOf(signIn, perAddress + 5, () => '198.51.100.1')).toBe(5)
  expect((await signIn('198.51.100.2')).statusCode).toBe(400)
})

test('uses only the last entry of X-Forwarded-For behind one proxy', async () => {
  const forged = (index: number) => `10.0.0.${index}, 192.0.2.${index}, 198.51.100.3`
  expect(await refusedOf(signInAt(behindProxy), perAddress + 5, forged)).toBe(5)
})

test.each([
  ['the same IPv6 /64', (index: number) => `2001:db8:1:2:${index}::1`],
  [
    'one IPv4 address in three notations',
    (index: number) => ['198.51.100.4', '::ffff:198.51.100.4', '::ffff:c633:6404'][index % 3],
  ],
  ['one address and many ports', (index: number) => `198.51.100.5:${1_024 + index}`],
  ['strings that are not addresses', (index: number) => `visitor ${index}`],
])('counts %s as one address', async (_, forwardedFor) => {
  expect(await refusedOf(signInAt(behindProxy), perAddress + 5, forwardedFor)).toBe(5)
})

test('ignores X-Forwarded-For and similar headers if TRUST_PROXY is not set', async () => {
  const refused = await refusedOf(
    (address = '') =>
      postAuth(
        direct,
        'sign-in/email',
        { email: 'unknown@example.com', password: null },
        {
          'x-forwarded-for': address,
          'x-real-ip': address,
          forwarded: `for=${address}`,
          'x-client-address': address,
        },
      ),
    perAddress + 5,
    (index) => `198.51.100.${index}`,
  )
  expect(refused).toBe(5)
})

test("finds the visitor's address behind all proxies in the trusted networks", async () => {
  await using server = await startTestServer({
    env: { RATE_LIMIT: 'on', TRUST_PROXY: '127.0.0.0/8, ::1, 10.0.0.0/8' },
    flowglad: direct.flowglad,
  })
  const forged = (index: number) => `192.0.2.${index}, 198.51.100.1, 10.0.0.1, ::ffff:10.0.0.2`
  expect(await refusedOf(signInAt(server), perAddress + 5, forged)).toBe(5)
  expect((await signInAt(server)('198.51.100.2, 10.0.0.1')).statusCode).toBe(400)
})

test('serves other visitors after one address has sent many requests without a session', async () => {
  const address = '203.0.113.1'
  for (const url of ['/api/flowglad/customers/billing', '/api/auth/ok'])
    await refusedOf(getAt(behindProxy, url), 310, () => address)
  await useUpAnonymousCalls(address)
  for (const url of [plans, '/api/auth/ok'])
    expect((await getAt(behindProxy, url)('203.0.113.2')).statusCode).toBe(200)
  const browser = await signUp(behindProxy)
  expect((await browser.call('studio.lookup', { term: 'x' }, { headers: via(address) })).status).toBe(200)
})

test('limits requests to /api/auth except those that read the session', async () => {
  const address = () => '203.0.113.3'
  const allowed = limits.authRequestsPerAddress.calls
  expect(await refusedOf(getAt(behindProxy, '/api/auth/get-session'), allowed + 5, address)).toBe(0)
  expect(await refusedOf(getAt(behindProxy, '/api/auth/ok'), allowed + 5, address)).toBe(5)
  expect(await refusedOf(getAt(behindProxy, '/api/auth/get-session'), 1, address)).toBe(0)
  for (const spelling of ['/api/auth//get-session', '/api/auth/get-session/', '/api/auth/get%2Dsession'])
    expect(await refusedOf(getAt(behindProxy, spelling), 1, address)).toBe(1)
})

let networks = 0
test.each([
  ['/api/auth/sign-in/email/'],
  ['/api/auth/x/../sign-in/email'],
  ['/api/auth/%2e%2e/auth/sign-in/email'],
  ['/api/auth/change-password'],
  ['/api/auth/verify-password'],
  ['/api/auth/reset-password'],
])('limits requests to %s per address', async (path) => {
  const address = `2001:db8:99:${++networks}::1`
  const send: Send = (forwardedFor) =>
    behindProxy.app.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': 'application/json', origin: 'http://localhost:5173', ...via(forwardedFor) },
      payload: { email: 'unknown@example.com', password: null },
    })
  expect(await refusedOf(send, perAddress + 1, () => address)).toBe(1)
})

const anonymous = limits.anonymousCallsPerAddress.calls

/** Sends two batches more than the limit allows. Returns the number of accepted batches. */
async function useUpAnonymousCalls(address: string, server = behindProxy) {
  const batch = `/trpc/${Array(limits.batchCalls).fill('billing.plans').join()}?batch=1`
  const batches = anonymous / limits.batchCalls + 2
  return batches - (await refusedOf(getAt(server, batch), batches, () => address))
}

test('counts every call of a batch that has no session', async () => {
  expect(await useUpAnonymousCalls('203.0.113.4')).toBe(anonymous / limits.batchCalls)
})

test.each([
  ['GET', plans],
  ['GET', '/trpc/studio.gallery'],
  ['POST', '/trpc/studio.lookup'],
  ['POST', '/api/flowglad/customers/billing'],
  ['POST', '/api/flowglad/usage-events/create'],
  ['POST', '/api/flowglad/pricing-models/retrieve'],
  ['GET', '/api/flowglad/no/such/route'],
  ['GET', `/api/studio/pictures/${'0'.repeat(32)}-1`],
] as const)('limits %s %s without a session and says when to try again', async (method, url) => {
  const address = `2001:db8:${url.length}:${method.length}::1`
  const send = () =>
    behindProxy.app.inject({
      method,
      url,
      headers: { ...via(address), cookie: 'better-auth.session_token=forged' },
      ...(method === 'POST' ? { payload: {} } : {}),
    })
  expect((await send()).statusCode).not.toBe(429)
  // The request above counts as one of the anonymous calls.
  expect(await useUpAnonymousCalls(address)).toBe(anonymous / limits.batchCalls - 1)
  for (let left = 1; left < limits.batchCalls; left++) await send()
  const refused = await send()
  expect(refused.statusCode).toBe(429)
  const seconds = Number(refused.headers['retry-after'])
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(limits.anonymousCallsPerAddress.windowMs / 1_000)
})

test('limits webhooks with a wrong signature', async () => {
  const send: Send = (forwardedFor) =>
    behindProxy.app.inject({
      method: 'POST',
      url: '/api/webhooks/flowglad',
      headers: { ...via(forwardedFor), 'svix-id': 'x', 'svix-timestamp': '1', 'svix-signature': 'v1,x' },
      payload: {},
    })
  const allowed = limits.rejectedWebhooksPerAddress.calls
  expect(await refusedOf(send, allowed + 5, () => '203.0.113.5')).toBe(5)
  expect((await send('203.0.113.6')).statusCode).toBe(401)
})

test('limits nothing if RATE_LIMIT is off', async () => {
  await using server = await startTestServer({ flowglad: direct.flowglad })
  expect(await refusedOf(signInAt(server), perAddress + 5, () => undefined)).toBe(0)
  expect(await useUpAnonymousCalls('203.0.113.7', server)).toBe(anonymous / limits.batchCalls + 2)
})
