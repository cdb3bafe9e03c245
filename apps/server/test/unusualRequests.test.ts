import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRaw, sendRaw } from './rawHttp.ts'
import { signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
const logged: string[] = []
beforeAll(async () => {
  server = await startTestServer({ onLog: (line) => line.includes('"level":50') && logged.push(line) })
})
afterAll(() => server[Symbol.asyncDispose]())

const routes = [
  '/trpc/studio.lookup',
  '/trpc/billing.plans',
  '/api/auth/sign-in/email',
  '/api/flowglad/customers/billing',
  '/api/flowglad/usage-events/create',
  '/api/webhooks/flowglad',
  '/api/studio/pictures/x',
  '/healthz',
  '/',
  '/nothing',
]
const head = (line: string, headers: Record<string, string> = {}) =>
  [`${line} HTTP/1.1`, ...Object.entries({ host: 'localhost', ...headers }).map((pair) => pair.join(': '))]
    .join('\r\n')
    .concat('\r\n\r\n')

const forms = [
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/octet-stream',
  'application/jsonl',
  'application/json, multipart/form-data',
  'nonsense',
]
const types = forms.flatMap((type) => routes.map((route) => ({ type, route })))

test.each(types)('returns 415 for a body of type $type at $route', async ({ type, route }) => {
  const response = await fetch(server.url + route, {
    method: 'POST',
    headers: { 'content-type': type },
    body: '{}',
  })
  expect({ status: response.status, body: await response.json() }).toEqual({
    status: 415,
    body: { error: 'unsupported_media_type', message: expect.stringContaining('application/json') },
  })
})

test.each(routes)('returns 415 for a body without a type at %s', async (route) => {
  for (const length of [{ 'content-length': '2' }, { 'transfer-encoding': 'chunked' }]) {
    expect(await sendRaw(server.url, head(`POST ${route}`, length))).toMatchObject({ status: 415 })
  }
})

const json = { 'content-type': 'application/json' }
const reading = routes.filter((route) => /trpc|auth|flowglad/.test(route))

test.each(reading)('returns 413 for a large body at %s before the body arrives', async (route) => {
  const declared = head(`POST ${route}`, { ...json, 'content-length': String(300 * 1024) })
  expect(await sendRaw(server.url, declared)).toMatchObject({ status: 413 })
})

test.each(reading)('returns 413 at %s if a chunked body becomes too large', async (route) => {
  await using connection = await openRaw(server.url)
  await connection.send(head(`POST ${route}`, { ...json, 'transfer-encoding': 'chunked' }))
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, '['), Buffer.from('\r\n')])
  let sent = 0
  while (!connection.received() && sent < 100 && (await connection.send(chunk))) sent++
  expect(await connection.status()).toBe(413)
  expect(sent).toBeLessThan(100)
})

test.each(['TRACE', 'OPTIONS', 'DELETE', 'PUT', 'PATCH', 'PROPFIND', 'PURGE', 'QUERY', 'FOO'])(
  'returns 405 for %s and names the allowed methods',
  async (method) => {
    for (const route of routes) {
      const { status, text } = await sendRaw(server.url, head(`${method} ${route}`))
      expect({ route, status }).toEqual({ route, status: 405 })
      expect(text.toLowerCase()).toContain('\r\nallow: get, head, post\r\n')
    }
  },
)

test('returns 405 for CONNECT', async () => {
  expect(await sendRaw(server.url, head('CONNECT example.com:443'))).toMatchObject({ status: 405 })
})

test.each([
  '',
  ' ',
  'a b',
  'a/b',
  'user@localhost',
  'localhost:port',
  'localhost:99999',
  'localhost?',
  'localhost#',
  'a\\b',
  '[::1',
  '[::g]',
  '999.999.999.999',
  'a,b',
  '%00',
  '\x80',
])('returns 400 for the Host header "%s"', async (host) => {
  for (const route of routes) {
    const response = await sendRaw(server.url, head(`GET ${route}`, { host }))
    expect({ route, status: response.status }).toEqual({ route, status: 400 })
  }
})

test('returns 400 for a request with no Host header or with two', async () => {
  for (const route of routes) {
    for (const headers of ['', 'host: a\r\nhost: b\r\n']) {
      expect(await sendRaw(server.url, `GET ${route} HTTP/1.1\r\n${headers}\r\n`)).toMatchObject({
        status: 400,
      })
    }
    expect(await sendRaw(server.url, `GET ${route} HTTP/1.0\r\n\r\n`)).toMatchObject({ status: 400 })
  }
})

test.each([
  'localhost',
  'LOCALHOST:3000',
  '127.0.0.1:1',
  '[::1]:3000',
  'my_app.example.com.',
  'xn--bcher-kva.example',
])('accepts the Host header "%s"', async (host) => {
  expect(await sendRaw(server.url, head('GET /healthz', { host }))).toMatchObject({ status: 200 })
})

test.each([
  '/%',
  '/%zz',
  '/trpc/%E0%A4%A',
  '/api/auth/%',
  '/api/flowglad/%',
  '/api/studio/pictures/%c3%28',
  '*',
  'nothing',
  'ftp://a/b',
])('returns 400 for the malformed URL %s', async (url) => {
  expect(await sendRaw(server.url, head(`GET ${url}`))).toMatchObject({ status: 400 })
})

test.each([
  '//',
  '/%00',
  '/\\',
  '/.%2e/',
  '//evil.example/api/auth/get-session',
  'http://evil.example/api/auth/get-session',
  'http://evil.example/trpc/billing.plans',
  'http://a b/',
  '/api/auth//get-session',
  '/api/auth/%00',
  '/api/auth/get-session?%',
  '/api/auth/callback/%2f?state=%00',
  '/trpc/billing.plans?input=%',
  '/trpc/billing.plans?batch=1&input=%00',
  '/trpc/%00',
  '/trpc/__proto__',
  '/trpc/constructor.prototype?batch=1',
  '/api/flowglad/__proto__',
  '/?next=%',
  '/;a=b',
  '/#a',
])('does not fail on the unusual URL %s', async (url) => {
  for (const method of ['GET', 'HEAD', 'POST']) {
    const { status } = await sendRaw(server.url, head(`${method} ${url}`))
    expect({ method, answered: status !== null && status < 500, status }).toMatchObject({ answered: true })
  }
})

test.each([
  { cookie: 'better-auth.session_token=%E0%A4%A' },
  { cookie: '=;;=%' },
  { cookie: 'better-auth.session_data=\x80\xff; better-auth.session_token=.' },
  { origin: 'http://[' },
  { referer: '%' },
  { 'idempotency-key': '\x80' },
  { 'x-forwarded-for': ',,%' },
  { 'last-event-id': '\xff' },
  { 'content-encoding': 'gzip' },
  { expect: '100-continue' },
  { upgrade: 'websocket', connection: 'upgrade' },
  { 'trpc-accept': 'application/jsonl' },
] as Record<string, string>[])('does not fail on the unusual header %o', async (header) => {
  for (const route of routes) {
    for (const method of ['GET', 'POST']) {
      const { status } = await sendRaw(server.url, head(`${method} ${route}`, header))
      expect({ method, route, answered: status !== null && status < 500, status }).toMatchObject({
        answered: true,
      })
    }
  }
})

test.each([
  '{',
  '"\\ud800"',
  '[',
  'null',
  '0',
  '""',
  '[[[[',
  '{"__proto__":1}',
  '{"constructor":{"prototype":1}}',
  '\x00',
])('does not fail on the body %s', async (body) => {
  for (const route of routes) {
    const response = await fetch(server.url + route, { method: 'POST', headers: json, body })
    expect({ route, status: response.status, answered: response.status < 500 }).toMatchObject({
      answered: true,
    })
  }
})

test('does not fail on a deeply nested body', async () => {
  const ada = await signUp(server)
  const nested = (levels: number) =>
    `{"term":"x","name":"x","deep":${'['.repeat(levels)}${']'.repeat(levels)}}`
  for (const route of routes) {
    for (const levels of [7_000, 100_000]) {
      const response = await ada.fetch(route, { method: 'POST', body: nested(levels) })
      expect({ route, levels, status: response.status, answered: response.status < 500 }).toMatchObject({
        answered: true,
      })
    }
  }
})

test('returns 414 for a long URL', async () => {
  for (const length of [9_000, 20_000, 50_000]) {
    for (const url of [`/?${'a'.repeat(length)}`, `/trpc/${'a'.repeat(length)}`]) {
      expect({ length, ...(await sendRaw(server.url, head(`GET ${url}`))) }).toMatchObject({
        length,
        status: 414,
      })
    }
  }
})

test('returns 431 for large headers', async () => {
  for (const cookie of ['a'.repeat(17_000), 'a'.repeat(50_000)]) {
    expect(await sendRaw(server.url, head('GET /', { cookie }))).toMatchObject({ status: 431 })
  }
})

test.each([
  'GET / HTTP/9.9\r\n\r\n',
  'GET /\r\n\r\n',
  'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n',
  'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
  'POST /trpc/a HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
])('returns 400 for the malformed request %j', async (request) => {
  expect(await sendRaw(server.url, request)).toMatchObject({ status: 400 })
})

test('logs no error for unusual or malformed requests', () => {
  expect(logged).toEqual([])
})
