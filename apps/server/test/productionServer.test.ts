import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FlowgladLocal, startFlowgladLocal } from 'flowglad-local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRaw, sendRaw } from './rawHttp.ts'
import { startBuiltServer } from './serverProcess.ts'
import { type Browser, pricing, signUp } from './testServer.ts'

let flowglad: FlowgladLocal
let folder = ''
let server: ReturnType<typeof startBuiltServer>
let url = ''
let ada: Browser
beforeAll(async () => {
  flowglad = await startFlowgladLocal({ pricing })
  folder = await mkdtemp(join(tmpdir(), 'metered-production-'))
  server = startBuiltServer({
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: '0',
    PUBLIC_URL: 'http://localhost:5173',
    SIGNUP_VERIFICATION: 'off',
    DATABASE_URL: `file:${join(folder, 'metered.sqlite')}`,
    FLOWGLAD_BASE_URL: flowglad.url,
    FLOWGLAD_SECRET_KEY: flowglad.key,
  })
  const [, address = ''] = await server.line(/Server listening at (http:[^"\s]+)/)
  url = address
  ada = await signUp({ url })
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  await flowglad.close()
  await rm(folder, { recursive: true, force: true })
})

const run = promisify(execFile)
/** Returns the resident memory of the server's process in MiB. */
const memory = async () =>
  Number((await run('ps', ['-o', 'rss=', '-p', String(server.child.pid)])).stdout) / 1_024

const chunked = 'transfer-encoding: chunked'
const form = 'multipart/form-data; boundary=x'
const json = 'application/json'
const floods = [
  { route: '/trpc/studio.lookup', type: form, length: chunked, status: 415 },
  { route: '/trpc/studio.lookup', type: json, length: chunked, status: 413 },
  { route: '/api/auth/sign-up/email', type: json, length: chunked, status: 413 },
  { route: '/api/flowglad/usage-events/create', type: json, length: chunked, status: 413 },
  {
    route: '/api/webhooks/flowglad',
    type: json,
    length: `content-length: ${240 * 1024 * 1024}`,
    status: 413,
  },
]

test('uses little memory while a client sends 240 MiB', async () => {
  const before = await memory()
  let peak = before
  const chunk = Buffer.alloc(0x40000, '[')
  for (const { route, type, length, status } of floods) {
    await using connection = await openRaw(url)
    const cookie = ada.cookie()
    await connection.send(
      `POST ${route} HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:5173\r\ncookie: ${cookie}\r\ncontent-type: ${type}\r\n${length}\r\n\r\n`,
    )
    for (let sent = 0; sent < 960; sent++) {
      const framed =
        length === chunked ? Buffer.concat([Buffer.from('40000\r\n'), chunk, Buffer.from('\r\n')]) : chunk
      if (!(await connection.send(framed))) break
      if (sent % 240 === 0) peak = Math.max(peak, await memory())
    }
    peak = Math.max(peak, await memory())
    expect({ route, type, status: await connection.status() }).toEqual({ route, type, status })
  }
  expect(peak - before).toBeLessThan(120)
})

test('logs no customer data', async () => {
  const word = 'xyzzy'
  const request = (path: string, init: RequestInit) => ada.fetch(path, { ...init, redirect: 'manual' })
  const headers = {
    authorization: `Bearer ${word}`,
    'user-agent': word,
    referer: `http://localhost:5173/${word}`,
    'idempotency-key': word,
    'x-forwarded-for': word,
    'x-request-id': word,
    'last-event-id': word,
    'content-type': 'application/json',
  }
  const paths = [
    '/',
    '/gallery',
    '/trpc/studio.lookup',
    '/trpc/studio.gallery',
    '/trpc/studio.generate',
    '/trpc/billing.checkout',
    '/trpc/billing.plans',
    '/api/auth/sign-up/email',
    '/api/auth/sign-in/email',
    '/api/auth/update-user',
    '/api/auth/request-password-reset',
    '/api/auth/verify-email',
    '/api/auth/callback/github',
    '/api/flowglad/usage-events/create',
    '/api/flowglad/subscriptions/cancel',
    '/api/webhooks/flowglad',
    '/api/studio/pictures/x',
    '/healthz',
    '/assets/app.js',
  ]
  const text = JSON.stringify({
    name: word,
    email: `${word}@example.com`,
    password: `${word} ${word}`,
    image: `https://${word}.example`,
    callbackURL: `https://${word}.example`,
    redirectTo: `https://${word}.example`,
    prompt: word,
    count: 1,
    term: word,
    priceSlug: word,
    usageMeterSlug: word,
    id: word,
    token: word,
  })
  for (const path of paths) {
    for (const origin of ['http://localhost:5173', `http://${word}.example`, word]) {
      for (const body of [text, text, `{${word}`, `"${word}"`]) {
        await request(`${path}?next=${word}&token=${word}`, {
          method: 'POST',
          headers: { ...headers, origin },
          body,
        })
      }
      const query = new URLSearchParams({ input: text, token: word, callbackURL: `https://${word}.example` })
      await request(`${path}?${query}`, { headers: { ...headers, origin } })
      await request(`${path}/${word}`, { headers: { ...headers, origin } })
    }
    for (const line of [
      `TRACE ${path}?${word}`,
      `GET ${path}%${word}`,
      `GET /${word}`,
      `${word.toUpperCase()} ${path}`,
      `GET http://${word}${path}`,
    ]) {
      await sendRaw(
        url,
        `${line} HTTP/1.1\r\nhost: ${word}\r\ncookie: ${word}=${word}; better-auth.session_token=${word}\r\n\r\n`,
      )
    }
    await sendRaw(url, `GET ${path} HTTP/1.1\r\nhost: ${word} ${word}\r\n\r\n`)
  }
  await ada.call('studio.generate', { prompt: `forbidden ${word}`, count: 1 })
  await ada.call('studio.generate', { prompt: word, count: 1 })
  await request('/api/auth/update-user', { method: 'POST', headers, body: JSON.stringify({ name: [word] }) })
  const { output } = server
  expect(output().toLowerCase()).not.toContain(word)
  expect(output()).toMatch(/"method":"POST","route":"\/trpc\/:path","status":200,"ms":\d+,"msg":"request"/)
  expect(output()).toContain('"route":"/api/auth/*","status":403')
  const isJson = (line: string) => line === '' || line.startsWith('{"level":')
  expect(
    output()
      .split('\n')
      .filter((line) => !isJson(line)),
  ).toEqual([])
  expect(
    output()
      .split('\n')
      .filter((line) => /"level":[56]0/.test(line)),
  ).toEqual([])
})
