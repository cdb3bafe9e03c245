import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
let visitor: Browser
beforeAll(async () => {
  server = await startTestServer()
  visitor = await signUp(server)
  expect((await visitor.call('studio.lookup', { term: 'boat' })).status).toBe(200)
})
afterAll(() => server[Symbol.asyncDispose]())

type Headers = Record<string, string>

const foreignPages: [sender: string, headers: Headers][] = [
  ['a link, an image or a form on another site', { 'sec-fetch-site': 'cross-site' }],
  ['a link or an image on another port', { 'sec-fetch-site': 'same-site' }],
  ['a form on another port', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:4000' }],
  ['a script on another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['a sandboxed frame', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ['a form in an older browser', { origin: 'https://evil.example' }],
  ['a sandboxed frame in an older browser', { origin: 'null' }],
  ["a page whose address starts with the app's address", { origin: 'http://localhost:5173.evil.example' }],
]

const bodies: [contentType: string | null, body: string | null][] = [
  ['application/json', '{}'],
  ['text/plain', '{}'],
  ['application/x-www-form-urlencoded', 'a=b'],
  [
    'multipart/form-data; boundary=x',
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
  ],
  ['application/octet-stream', '{}'],
  [null, '{}'],
  [null, null],
]

const fiftyLookUps = Array.from({ length: 50 }, () => 'studio.lookup').join()
const posted = [
  '/trpc/studio.lookup',
  `/trpc/${fiftyLookUps}?batch=1`,
  '/trpc/billing.cancel',
  '/trpc/billing.changePlan',
  '/%74rpc/billing.cancel',
  '/trpc/studio.gallery',
  '/api/flowglad/subscriptions/cancel',
  '/api/flowglad/usage-events/create',
  '/api/flowglad/checkout-sessions/create',
  '/api/auth/sign-out',
  '/api/auth/sign-in/email',
  '/api/auth/sign-up/email',
  '/api/auth/update-user',
  '/api/auth/change-password',
  '/api/auth/revoke-sessions',
  `/api/studio/pictures/${'0'.repeat(32)}-1`,
]
const gotten = [
  `/trpc/${fiftyLookUps}?batch=1&input=${encodeURIComponent('{"0":{"term":"boat"}}')}`,
  '/trpc/billing.cancel',
  '/trpc/billing.onBalances',
  '/trpc/studio.gallery',
]

async function send(path: string, headers: Headers, init: RequestInit = {}) {
  const response = await fetch(server.url + path, {
    ...init,
    headers: { cookie: visitor.cookie(), ...headers },
  })
  await response.body?.cancel()
  return response
}

/** Returns the state that a request from a foreign page could change. */
async function stateOf({ user }: Browser) {
  const { data } = await visitor.call('billing.balances', {}, { method: 'GET' })
  await server.billing.drain()
  const used = data.balances.map((row: { meter: string; used: number }) => [row.meter, row.used])
  return { plan: data.plan, used, usedAtFlowglad: (await server.flowgladUsage(user.id)).used }
}

describe.each(foreignPages)('a request from %s', (_, headers) => {
  test('refuses foreign requests on every route with 403 and changes nothing', async () => {
    const before = await stateOf(visitor)
    for (const path of posted) {
      for (const [type, body] of bodies) {
        const typed = type ? { 'content-type': type } : {}
        const init = { method: 'POST', body: body === null ? null : new Blob([body]) }
        const { status } = await send(path, { ...headers, ...typed }, init)
        expect({ path, type, status }).toEqual({ path, type, status: 403 })
      }
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const { status } = await send(path, headers, { method })
        expect({ path, method, status }).toEqual({ path, method, status: 403 })
      }
    }
    for (const path of gotten) {
      for (const method of ['GET', 'HEAD']) {
        const { status } = await send(path, headers, { method })
        expect({ path, method, status }).toEqual({ path, method, status: 403 })
      }
    }
    const overrides: Headers = { 'x-http-method-override': 'GET', 'content-type': 'application/json' }
    expect(
      (await send('/trpc/studio.gallery', { ...headers, ...overrides }, { method: 'POST' })).status,
    ).toBe(403)
    expect(await stateOf(visitor)).toEqual(before)
  })

  test('sends no CORS headers to foreign pages', async () => {
    const preflight = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    }
    for (const path of ['/trpc/billing.plans', '/api/flowglad/customers/billing', '/api/auth/get-session']) {
      for (const [method, more] of [
        ['GET', {}],
        ['POST', {}],
        ['OPTIONS', preflight],
      ] as const) {
        const response = await send(path, { ...headers, ...more }, { method })
        expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      }
    }
  })
})

test.each<[sender: string, headers: Headers]>([
  ['a page of the app', { 'sec-fetch-site': 'same-origin' }],
  [
    "a page of the app, behind the development server's proxy",
    { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:5173' },
  ],
  ['a page of the app in an older browser', { origin: 'http://localhost:5173' }],
  ['a page of the app under another loopback name', { origin: 'http://127.0.0.1:5173' }],
  ['a script or a mobile app', {}],
])('accepts calls from %s', async (_, headers) => {
  const init = { method: 'POST', body: '{"term":"boat"}' }
  const json = { 'content-type': 'application/json' }
  expect((await send('/trpc/studio.lookup', { ...headers, ...json }, init)).status).toBe(200)
  const empty = { method: 'POST', body: '{}' }
  expect((await send('/trpc/billing.refresh', { ...headers, ...json }, empty)).status).toBe(200)
  expect((await send('/trpc/billing.plans', headers)).status).toBe(200)
  expect((await send('/api/flowglad/customers/billing', headers, { method: 'POST' })).status).toBe(200)
})

test("accepts calls from a page at the server's own address", async () => {
  const headers = { origin: server.url, 'content-type': 'application/json' }
  const init = { method: 'POST', body: '{"term":"boat"}' }
  expect((await send('/trpc/studio.lookup', headers, init)).status).toBe(200)
})

test('names the refused origin and the setting that would allow it', async () => {
  const headers = { cookie: visitor.cookie(), origin: 'https://evil.example' }
  const response = await fetch(`${server.url}/api/auth/sign-out`, { method: 'POST', headers })
  expect(await response.json()).toEqual({
    error: 'foreign_origin',
    message: expect.stringMatching(
      /^POST \/api\/auth\/sign-out can't be called from the origin https:\/\/evil\.example\..*publicUrl/,
    ),
    origin: 'https://evil.example',
  })
})

test('opens the app from links on other sites but shows pictures only within the app', async () => {
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  expect((await send('/healthz', headers)).status).toBe(200)
  expect((await send('/api/auth/get-session', headers)).status).toBe(200)
  const { data } = await visitor.call('studio.generate', { prompt: 'a boat', count: 1 })
  const picture = await send(data.pictures[0].url, {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-dest': 'image',
  })
  expect(picture.headers.get('cross-origin-resource-policy')).toBe('same-origin')
})
