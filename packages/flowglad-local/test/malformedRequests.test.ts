import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'

/** The server for all tests that don't change its data. */
const shared = sharedStudio()

it.each([
  ['a body of 20 MB', { body: `{"customer":"${'x'.repeat(20_000_000)}"}` }, 413],
  ['a compressed body', { body: gzipSync('{}'), headers: { 'content-encoding': 'gzip' } }, 400],
  ['bytes that are not text', { body: Buffer.from([0xff, 0xfe, 0x00, 0xd8]) }, 400],
  [
    'another content type',
    { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    400,
  ],
  ['an invalid content type', { body: '{}', headers: { 'content-type': ';;' } }, 415],
])(
  "rejects %s with an error in Flowglad's format",
  async (_, {
    body: sent,
    headers,
  }: { body: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> }, status) => {
    const studio = shared()
    const answer = await fetch(`${studio.url}/api/v1/customers`, {
      method: 'POST',
      headers: { authorization: studio.key, 'content-type': 'application/json', ...headers },
      body: sent,
    })
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({ error: expect.anything(), request_id: expect.any(String) }),
    ])
  },
)

it.each([
  '/api/v1/customers/%',
  '/api/v1/customers/%ff',
  `/api/v1/customers/${'x'.repeat(3000)}`,
  '/%',
  '/checkout/%00',
  '/api/v1//',
  '/?customer=%ff',
])('does not fail on the path %s', async (path) => {
  const studio = shared()
  const answer = await fetch(studio.url + path, { headers: { authorization: studio.key } })
  expect(answer.status).toBeLessThan(500)
})

/** Sends raw bytes and returns the response after the connection closes. */
const answerTo = (url: string, bytes: string) =>
  new Promise<string>((resolve) => {
    let answer = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes))
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
  })

it.each([
  ['bytes that are not HTTP', '\u0016\u0003\u0001 nonsense\r\n\r\n', 400],
  ['an unknown method', 'BREW /api/v1/customers HTTP/1.1\r\nHOST\r\n\r\n', 400],
  ['a missing host', 'GET /api/v1/customers HTTP/1.1\r\nConnection: close\r\n\r\n', 403],
  ['a missing host in HTTP/1.0', 'GET /api/v1/customers HTTP/1.0\r\n\r\n', 403],
  ['headers of 20 kB', `GET / HTTP/1.1\r\nHOST\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['two content lengths', 'POST / HTTP/1.1\r\nHOST\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 400],
  [
    'both a content length and chunks',
    'POST / HTTP/1.1\r\nHOST\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a chunk without a size', 'POST / HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
  [
    'a truncated chunk',
    'POST /api/v1/customers HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"customer":',
    400,
  ],
  [
    'a truncated body',
    'POST /api/v1/customers HTTP/1.1\r\nHOST\r\nContent-Length: 500\r\n\r\n{"customer":',
    400,
  ],
])("rejects %s with an error in Flowglad's format and serves the next request", async (_, bytes, status) => {
  const studio = shared()
  const answer = await answerTo(
    studio.url,
    bytes.replace('HOST', `Host: 127.0.0.1\r\nAuthorization: ${studio.key}`),
  )
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect([head.split('\r\n')[0], JSON.parse(body)]).toEqual([
    expect.stringMatching(`^HTTP/1.1 ${status} `),
    expect.objectContaining({
      error: expect.any(String),
      request_id: expect.stringMatching(/^[0-9a-f]{8}$/),
    }),
  ])
  expect((await fetch(studio.url)).status).toBe(200)
})

it('links to a customer whose ID contained a lone surrogate', async () => {
  await using studio = await startStudio()
  const answer = await fetch(`${studio.url}/api/v1/customers`, {
    method: 'POST',
    headers: { authorization: studio.key, 'content-type': 'application/json' },
    body: '{"customer":{"externalId":"half \\ud83d","name":"whole \\ud83d\\ude00","email":"e"}}',
  })
  expect(await answer.json()).toMatchObject({
    data: { customer: { externalId: 'half \ufffd', name: 'whole 😀' } },
  })
  const dashboard = await fetch(studio.url)
  expect([dashboard.status, await dashboard.text()]).toEqual([
    200,
    expect.stringContaining('half%20%EF%BF%BD'),
  ])
})

it('rejects huge numbers before it changes anything', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  const post = (path: string, sent: object) => studio.node.post(`/api/v1${path}`, { body: sent })
  const hugeClaim = { resourceSlug: 'seats', quantity: 2 ** 31 - 1 }
  await expect(post(`/resource-claims/${id}/claim`, hugeClaim)).rejects.toMatchObject({ status: 400 })
  await studio.customer('grace')
  const many = {
    customerExternalId: 'grace',
    priceSlug: 'team_price',
    quantity: 2 ** 31 - 1,
    doNotCharge: true,
  }
  const { subscription } = (await post('/subscriptions', many)) as { subscription: { id: string } }
  await expect(post(`/resource-claims/${subscription.id}/claim`, hugeClaim)).rejects.toMatchObject({
    status: 500,
    error: { error: 'One call can claim at most 10000 seats. Use several calls.' },
  })
  const farAway = { customerExternalId: 'ada', priceSlug: 'agency_price', startDate: 1e15 }
  await expect(post('/subscriptions', farAway)).rejects.toMatchObject({ status: 400 })
  const now = studio.now()
  for (const ms of ['1e18', '9e12', '-1', '0.5', 'null', '"5"']) {
    const never = await fetch(`${studio.url}/__test__/clock/advance`, {
      method: 'POST',
      body: `{"ms":${ms}}`,
    })
    expect([ms, never.status]).toEqual([ms, 400])
  }
  for (const ms of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 9e12])
    expect(() => studio.advance(ms)).toThrow('Cannot move the clock')
  expect(studio.now() - now).toBeLessThan(60_000)
  expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
})
