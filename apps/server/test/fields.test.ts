import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
let ada: Browser
const logged: string[] = []
beforeAll(async () => {
  server = await startTestServer({ onLog: (line) => line.includes('"level":50') && logged.push(line) })
  ada = await signUp(server)
})
afterAll(() => server[Symbol.asyncDispose]())

async function post(path: string, body: object) {
  const response = await ada.fetch(`/api/auth/${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: await response.json().catch(() => null) }
}

const valid = { name: 'Grace', email: 'grace@example.com', password: 'a long password' }
const routes = [
  'sign-up/email',
  'sign-in/email',
  'update-user',
  'change-email',
  'change-password',
  'reset-password',
  'request-password-reset',
  'send-verification-email',
  'delete-user',
  'update-session',
  'link-social',
  'revoke-session',
]
const long = (length: number) => 'a'.repeat(length + 1)
const { fields } = limits

const badFields: [string, Record<string, unknown>, RegExp][] = [
  ['a long name', { name: long(fields.name) }, /name must not exceed 100 characters/],
  ['a name with a line break', { name: 'Ada\r\nBcc: eve@example.com' }, /name must not contain control/],
  ['a name with U+0000', { name: 'A\0' }, /name must not contain control/],
  ['a name that is an object', { name: { first: 'Ada' } }, /name must be text/],
  ['a name that is a list', { name: ['Ada'] }, /name must be text/],
  [
    'a long email address',
    { email: `${long(fields.email)}@example.com` },
    /email address must not exceed 254/,
  ],
  [
    'a long new email address',
    { newEmail: `${long(fields.email)}@example.com` },
    /email address must not exceed/,
  ],
  ['a long password', { password: long(fields.password) }, /password must not exceed 128 characters/],
  ['a long new password', { newPassword: long(fields.password) }, /password must not exceed/],
  ['a long current password', { currentPassword: long(fields.password) }, /password must not exceed/],
  ['a long image address', { image: `https://example.com/${long(fields.image)}` }, /image must not exceed/],
  ...[
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'http://example.com/a.png',
    '//example.com/a.png',
    '/a.png',
    'data:text/html,x',
    'data:image/svg+xml,<svg/>',
    'blob:https://a',
    'file:///etc/passwd',
    'https:evil',
    '',
    7,
    ['https://a.example'],
  ].map((image): [string, Record<string, unknown>, RegExp] => [
    `the image address ${JSON.stringify(image)}`,
    { image },
    /image must be an https/,
  ]),
  ['a long value in any other field', { callbackURL: `/${long(fields.other)}` }, /Text must not exceed 2000/],
  ['a long nested field', { extra: [{ deep: long(fields.other) }] }, /Text must not exceed 2000/],
  ['U+0000 in any other field', { token: 'a\0' }, /U\+0000/],
]

test.each(badFields)('refuses %s on every route', async (_, field, message) => {
  for (const route of routes) {
    expect({ route, ...(await post(route, { ...valid, ...field })) }).toEqual({
      route,
      status: 400,
      body: { code: 'INVALID_FIELD', message: expect.stringMatching(message) },
    })
  }
})

test.each([
  ['U+0000', 'token=%00'],
  ['U+0000 in a repeated field', 'token=a&token=%00'],
  ['a long text', `token=${long(fields.other)}`],
])('refuses %s in the query on every route', async (_, query) => {
  for (const route of routes) {
    expect({ route, ...(await post(`${route}?${query}`, valid)) }).toMatchObject({
      route,
      status: 400,
      body: { code: 'INVALID_FIELD' },
    })
  }
})

test('accepts values of the maximum length, and null for the image', async () => {
  const image = `https://example.com/${'a'.repeat(fields.image - 'https://example.com/'.length)}`
  const longest = { name: 'é'.repeat(fields.name), image }
  const signedUp = await post('sign-up/email', {
    ...longest,
    email: `${'a'.repeat(64)}@${'b'.repeat(60)}.example.com`,
    password: 'a'.repeat(fields.password),
  })
  expect(signedUp).toMatchObject({ status: 200, body: { user: longest } })
  expect(await post('update-user', { image: null })).toMatchObject({ status: 200 })
})

test("keeps a session's cookies small even if the user's fields are long", async () => {
  const response = await fetch(`${server.url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'a'.repeat(8_000),
      origin: 'http://localhost:5173',
    },
    body: JSON.stringify({
      name: '"'.repeat(fields.name),
      email: 'long@example.com',
      password: 'a'.repeat(fields.password),
      image: `https://example.com/${'"'.repeat(500)}`,
    }),
  })
  expect(response.status).toBe(200)
  expect(response.headers.getSetCookie().join().length).toBeLessThan(8_000)
  const cookie = response.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ')
  const { session } = await (
    await fetch(`${server.url}/api/auth/get-session`, { headers: { cookie } })
  ).json()
  expect(session.userAgent).toBe('a'.repeat(limits.userAgentLength))
})

test.each([
  ['studio.generate', { prompt: 'a'.repeat(1_001), count: 1 }],
  ['studio.generate', { prompt: 'a\0', count: 1 }],
  ['studio.write', { prompt: 'a'.repeat(1_001), maxTokens: 1 }],
  ['studio.write', { prompt: 'a\0', maxTokens: 1 }],
  ['studio.lookup', { term: 'a'.repeat(101) }],
  ['studio.lookup', { term: 'a\0' }],
  ['studio.gallery', { cursor: 'a'.repeat(101) }],
  ['studio.gallery', { cursor: 'a\0' }],
  ['billing.charges', { cursor: 'a'.repeat(501) }],
  ['billing.checkout', { priceSlug: 'a'.repeat(201) }],
  ['billing.changePlan', { priceSlug: 'a'.repeat(201) }],
  ['billing.checkout', { priceSlug: 'a', 'idempotency-key': 'a'.repeat(129) }],
])('refuses invalid text in the input of %s: %o', async (path, input) => {
  const method = /gallery|charges/.test(path) ? 'GET' : 'POST'
  expect(await ada.call(path, input, { method })).toMatchObject({ status: 400 })
})

test('logs no error for requests with invalid fields', () => {
  expect(logged).toEqual([])
})
