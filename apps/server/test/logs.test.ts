import { randomBytes } from 'node:crypto'
import { startFlowgladLocal } from 'flowglad-local'
import { Client } from 'pg'
import { startPostgres } from 'test-postgres'
import { expect, onTestFinished, test } from 'vitest'
import { type Fault as ProxyFault, startProxy } from '../../../packages/billing/test/flowglad/startProxy.ts'
import { signWebhook } from '../../../packages/billing/test/http/signWebhook.ts'
import { startBuiltServer } from './serverProcess.ts'
import { png, startModelEndpoint } from './startModelEndpoint.ts'
import { startSmtp } from './startSmtp.ts'
import { pricing } from './testServer.ts'

/** Every secret, address, prompt and query string in this test contains this word. */
const word = 'Xyzzy'
const password = `${word} ${word} password`
const webhookSecret = `whsec_${word}${randomBytes(24).toString('base64')}`

/** Creates a database for a role whose password contains the word. */
async function createDatabase(postgres: Awaited<ReturnType<typeof startPostgres>>) {
  const url = new URL(await postgres.createDatabase())
  const client = new Client({ connectionString: url.href })
  await client.connect()
  await client.query(`CREATE ROLE studio LOGIN SUPERUSER PASSWORD '${word}'`)
  await client.end()
  url.username = 'studio'
  url.password = word
  return url.href
}

async function readAttempts(connectionString: string): Promise<string[]> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query('SELECT attempt FROM metered.event')
  await client.end()
  return rows.map(({ attempt }) => String(attempt)).toSorted()
}

test('logs transaction IDs but no secrets, email addresses, prompts or query strings', async () => {
  await using postgres = await startPostgres()
  await using smtp = await startSmtp()
  await using models = await startModelEndpoint()
  const key = `sk_test_${word}`
  const flowglad = await startFlowgladLocal({ pricing, key })
  await using proxy = await startProxy(flowglad.url)
  onTestFinished(() => flowglad.close())
  const databaseUrl = await createDatabase(postgres)
  const smtpUrl = new URL(smtp.url)
  smtpUrl.username = 'studio'
  smtpUrl.password = word
  // By default, the server refuses to send the password without TLS.
  smtpUrl.search = 'requireTLS=false'
  const server = startBuiltServer({
    AUTH_SECRET: `${word}${randomBytes(32).toString('hex')}`,
    PORT: '0',
    PUBLIC_URL: 'http://localhost:5173',
    SMTP_URL: smtpUrl.href,
    DATABASE_URL: databaseUrl,
    FLOWGLAD_BASE_URL: proxy.url,
    FLOWGLAD_SECRET_KEY: key,
    FLOWGLAD_WEBHOOK_SECRET: webhookSecret,
    OPENAI_BASE_URL: models.url,
    OPENAI_API_KEY: `sk-${word}`,
  })
  const [, url = ''] = await server.line(/Server listening at (http:[^"\s]+)/)
  const origin = 'http://localhost:5173'
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}?next=${word}`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const addressOf = (user: number) => `${word.toLowerCase()}.${user}@example.com`
  const signIn = (email: string, password: string) => post('/api/auth/sign-in/email', { email, password })
  /** Signs up, follows the emailed link, and returns the session's cookies. */
  async function signUp(user: number) {
    const email = addressOf(user)
    expect((await post('/api/auth/sign-up/email', { name: 'Ada', email, password })).status).toBe(200)
    await fetch(url + (await smtp.linkTo(email)), { redirect: 'manual' })
    return (await signIn(email, password)).headers.getSetCookie().join('; ')
  }
  const email = addressOf(1)

  await signUp(1)
  expect((await signIn(email, `${word} wrong`)).status).toBe(401)
  expect((await post('/api/auth/request-password-reset', { email })).status).toBe(200)
  const [, token] = /#token=(\w+)/.exec(await smtp.linkTo(email, 2)) ?? []
  const newPassword = `${word} new ${password}`
  expect((await post('/api/auth/reset-password', { token, newPassword })).status).toBe(200)
  const cookie = (await signIn(email, newPassword)).headers.getSetCookie().join('; ')
  const secrets = [token ?? '', ...cookie.matchAll(/session_token=([^;]+)/g)].map(String)
  expect(secrets).toHaveLength(2)

  const call = (path: string, input: object, headers: Record<string, string> = {}) =>
    post(`/trpc/${path}`, input, { cookie, ...headers }).then(({ status }) => status)
  const generate = (headers: Record<string, string> = {}) =>
    call('studio.generate', { prompt: `a harbour in ${word}`, count: 1 }, headers)
  models.answer.body = { data: [{ b64_json: png.toString('base64') }] }
  expect(await generate({ 'idempotency-key': word })).toBe(200)
  expect(await generate({ 'idempotency-key': word })).toBe(200)
  expect(await call('studio.lookup', { term: `${word} fresco` })).toBe(200)
  for (let left = 9; left > 0; left -= 1) expect(await generate()).toBe(200)
  expect(await generate()).toBe(402)

  // The model endpoint repeats the prompt in its error.
  const other = { cookie: await signUp(2) }
  models.answer.rejection = (asked) => ({
    error: { code: 'rate_limit', type: 'requests', message: JSON.stringify(asked) },
  })
  models.answer.rejectionStatus = 500
  expect(await generate(other)).toBeGreaterThanOrEqual(500)
  models.answer.rejection = () => null

  const event = JSON.stringify({ id: word, object: 'purchase', customer: { externalId: word, email } })
  for (const headers of [signWebhook(event, { secret: webhookSecret }), { 'svix-signature': word }])
    await fetch(`${url}/api/webhooks/flowglad?token=${word}`, { method: 'POST', headers, body: event })

  // Flowglad's errors can repeat the request, for example an address that another customer already has.
  const failures: ((body: string) => ProxyFault)[] = [
    () => ({ state: 'refused' }),
    (body) => ({ state: 'json', status: 500, body: { error: `${email} ${key} ${body}`, code: 'INTERNAL' } }),
    (body) => ({
      state: 'json',
      status: 400,
      body: { error: `${email} ${key} ${body}`, code: 'BAD_REQUEST' },
    }),
    () => ({
      state: 'json',
      status: 401,
      body: { error: `The key ${key} is unknown`, code: 'UNAUTHORIZED' },
    }),
    () => ({ state: 'page', status: 502 }),
  ]
  for (const [index, failure] of failures.entries()) {
    proxy.breakWith(({ body }) => failure(body))
    expect(await generate({ cookie: await signUp(index + 3) })).toBe(503)
    expect(await generate(other)).toBe(200)
    await fetch(`${url}/readyz?token=${word}`)
  }
  proxy.mend()

  await postgres.stop()
  for (const path of ['sign-in/email', 'sign-up/email', 'request-password-reset'])
    expect((await post(`/api/auth/${path}`, { email, password, name: 'Ada' })).status).toBe(503)
  expect(await generate(other)).toBe(503)
  expect(await call('studio.gallery', {}, other)).toBeGreaterThanOrEqual(400)
  await postgres.start()
  await expect.poll(() => generate(other)).toBe(200)

  // The ID of a charge's attempt is the transaction ID at Flowglad.
  const attempts = await readAttempts(databaseUrl)
  expect(attempts.length).toBeGreaterThan(10)
  server.child.kill('SIGTERM')
  const { code, output } = await server.ended
  expect(code).toBe(0)
  const charged = output.split('\n').filter((line) => line.includes('"msg":"charged"'))
  expect(charged.map((line) => String(JSON.parse(line).attempt)).toSorted()).toEqual(attempts)
  for (const line of output.split('\n')) {
    expect(line.toLowerCase()).not.toContain(word.toLowerCase())
    for (const secret of secrets) expect(line).not.toContain(secret)
  }
})
