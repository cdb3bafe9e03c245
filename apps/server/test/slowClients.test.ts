import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { openRaw } from './rawHttp.ts'
import { signUp, startTestServer, type TestServer } from './testServer.ts'

const slowClients = { headersMs: 200, requestMs: 400, checkMs: 50, idleMs: 100, unreadMs: 300 }
let server: TestServer
const logged: string[] = []
beforeAll(async () => {
  server = await startTestServer({ slowClients, onLog: (line) => logged.push(line) })
})
afterAll(() => server[Symbol.asyncDispose]())

const slowRequests: [string, { start: string; drip: string }][] = [
  ['sends nothing', { start: '', drip: '' }],
  ['sends line breaks before a request', { start: '', drip: '\r\n' }],
  ['sends a request line byte by byte', { start: 'GET /', drip: 'a' }],
  ['sends headers byte by byte', { start: 'GET / HTTP/1.1\r\nhost: localhost\r\nx: ', drip: 'a' }],
  [
    'sends line breaks after a request',
    { start: 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n', drip: '\r\n' },
  ],
  [
    'sends a second request byte by byte',
    { start: 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /', drip: 'a' },
  ],
  ...[
    'GET /healthz',
    'POST /healthz',
    'POST /trpc/studio.lookup',
    'POST /api/auth/sign-in/email',
    'POST /api/flowglad/customers/billing',
    'POST /api/webhooks/flowglad',
    'POST /nothing',
  ].flatMap((line): [string, { start: string; drip: string }][] => {
    const start = `${line} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
    return [
      [
        `sends the body of ${line} byte by byte`,
        { start: `${start}content-length: 1000\r\n\r\n`, drip: '1' },
      ],
      [
        `sends the body of ${line} in small chunks`,
        { start: `${start}transfer-encoding: chunked\r\n\r\n`, drip: '1\r\n1\r\n' },
      ],
    ]
  }),
]

test('closes all connections whose clients are slow to send a request', async () => {
  await Promise.all(
    slowRequests.map(async ([client, { start, drip }]) => {
      await using connection = await openRaw(server.url)
      await connection.send(start)
      const dripping = setInterval(() => void (drip && connection.send(drip)), 40)
      const open = sleep(2_500).then(() => 'still open')
      const end = await Promise.race([connection.closed.then(() => 'closed'), open])
      clearInterval(dripping)
      expect({ client, end }).toEqual({ client, end: 'closed' })
    }),
  )
  expect(logged).toEqual([])
})

test('returns 408 for a slow request', async () => {
  const starts = [
    'GET /',
    'POST /trpc/studio.lookup HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n',
  ]
  for (const start of starts) {
    await using connection = await openRaw(server.url)
    await connection.send(start)
    expect(await connection.status()).toBe(408)
  }
})

test('closes a connection whose client does not read its responses', async () => {
  await using patient = await startTestServer({
    slowClients: { ...limits.slowClients, unreadMs: 300 },
    flowglad: server.flowglad,
  })
  await using connection = await openRaw(patient.url)
  connection.pause()
  // The responses to these requests don't fit into the buffers of the operating system.
  const request = `GET /api/nothing/${'a'.repeat(8_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`
  void connection.send(request.repeat(2_000))
  const { app } = patient
  const open = () => new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)))
  await expect.poll(open, { timeout: 5_000 }).toBe(0)
})

test('keeps a stream open for longer than all request limits', async () => {
  const browser = await signUp(server)
  await using connection = await openRaw(server.url)
  const cookie = browser.cookie()
  await connection.send(
    `GET /trpc/billing.onBalances HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncookie: ${cookie}\r\n\r\n`,
  )
  expect(await connection.status()).toBe(200)
  const end = await Promise.race([connection.closed.then(() => 'closed'), sleep(1_500).then(() => 'open')])
  expect(end).toBe('open')
  await browser.call('studio.lookup', { term: 'bokeh' })
  await expect.poll(() => connection.received()).toContain('"used":1')
})

test('ends a request within 45 s if its headers are slow and within 75 s if its body is slow', () => {
  const { headersMs, requestMs, checkMs } = limits.slowClients
  expect(headersMs + checkMs).toBeLessThanOrEqual(45_000)
  expect(requestMs + checkMs).toBeLessThanOrEqual(75_000)
})
