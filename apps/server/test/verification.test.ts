import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postAuth, postSignUp } from './postAuth.ts'
import { startSmtp } from './startSmtp.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let smtp: Awaited<ReturnType<typeof startSmtp>>
let server: TestServer
beforeAll(async () => {
  smtp = await startSmtp()
  server = await startTestServer({ env: { SMTP_URL: smtp.url } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await smtp[Symbol.asyncDispose]()
})

const statusAtFlowglad = async (user: { id: string }, { flowglad } = server) => {
  const url = `${flowglad.url}/api/v1/customers/${user.id}`
  return (await fetch(url, { headers: { authorization: flowglad.key } })).status
}

/** Opens a link and returns the address that it redirects to. */
const open = async (browser: Pick<Browser, 'fetch'>, link: string) =>
  (await browser.fetch(link, { redirect: 'manual' })).headers.get('location')

/** A browser that isn't signed in. */
const visitor: Pick<Browser, 'fetch'> = { fetch: (path, init) => fetch(server.url + path, init) }

const lookUp = (browser: Browser) => browser.call('studio.lookup', { term: 'fresco' })

test('creates the Flowglad customer only after the email address is verified', async () => {
  const browser = await signUp(server)
  const link = await smtp.linkTo(browser.user.email)
  expect((await lookUp(browser)).status).toBe(403)
  expect(await statusAtFlowglad(browser.user)).toBe(404)
  expect(await open(browser, link)).toBe('/verified')
  await expect.poll(() => statusAtFlowglad(browser.user)).toBe(200)
  expect((await lookUp(browser)).status).toBe(200)
})

describe('unverified users', () => {
  const password = 'a long password'
  let browser: Browser
  beforeAll(async () => {
    browser = await signUp(server, password)
  })
  /** Check that no test in this group has created the customer at Flowglad. */
  afterAll(async () => expect(await statusAtFlowglad(browser.user)).toBe(404))

  const messageFor = ({ email }: { email: string }) =>
    `Confirm your email address first. Open the link in the email that we sent to ${email}, or request the email again. Nothing was charged.`

  test.each([
    ['POST', 'studio.generate', { prompt: 'a pier', count: 1 }],
    ['POST', 'studio.generate', { prompt: 'a pier', count: 1, hd: true }],
    ['POST', 'studio.write', { prompt: 'a pier', maxTokens: 10 }],
    ['POST', 'studio.lookup', { term: 'pier' }],
    ['GET', 'billing.balances', {}],
    ['POST', 'billing.refresh', {}],
    ['GET', 'billing.usage', {}],
    ['GET', 'billing.charges', {}],
    ['POST', 'billing.checkout', { priceSlug: 'pro_monthly' }],
    ['POST', 'billing.changePlan', { priceSlug: 'pro_monthly' }],
    ['POST', 'billing.cancel', {}],
    ['POST', 'billing.resume', {}],
  ] as const)('denies %s %s with a typed 403', async (method, path, input) => {
    const { status, error } = await browser.call(path, input, { method })
    expect({ status, message: error.message, data: error.data }).toMatchObject({
      status: 403,
      message: messageFor(browser.user),
      data: { code: 'FORBIDDEN', httpStatus: 403, emailUnverified: true, billing: null },
    })
  })

  test('denies a balances stream to an unverified user', async () => {
    const response = await browser.fetch('/trpc/billing.onBalances?input={}')
    const events = await response.text()
    expect(events).toContain('"emailUnverified":true')
    expect(events).not.toContain('"balances"')
  })

  test('denies each call of a batch from an unverified user', async () => {
    const response = await browser.fetch('/trpc/studio.lookup,billing.refresh?batch=1', {
      method: 'POST',
      body: JSON.stringify({ 0: { term: 'pier' }, 1: {} }),
    })
    const answers: { error: { data: object } }[] = await response.json()
    expect(answers.map(({ error }) => error.data)).toMatchObject([
      { emailUnverified: true },
      { emailUnverified: true },
    ])
  })

  test.each([
    ['POST', 'customers/billing'],
    ['GET', 'customers/billing'],
    ['GET', 'usage-meters/balances'],
    ['POST', 'usage-events/create'],
    ['POST', 'checkout-sessions/create'],
    ['POST', 'subscriptions/cancel'],
    ['POST', 'subscriptions/uncancel'],
    ['POST', 'subscriptions/adjust'],
  ])('denies %s /api/flowglad/%s with 403', async (method, action) => {
    const response = await browser.fetch(`/api/flowglad/${action}`, {
      method,
      ...(method === 'POST' ? { body: JSON.stringify({ usageMeterSlug: 'api_calls' }) } : {}),
    })
    const message = messageFor(browser.user)
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 403,
      body: { error: { code: 'EMAIL_UNVERIFIED', message, json: { message } } },
    })
  })

  test('creates no Flowglad customer when an unverified user signs in again', async () => {
    const { email } = browser.user
    const signedIn = await postAuth(server, 'sign-in/email', { email, password })
    expect(signedIn.statusCode).toBe(200)
  })

  test('shows the plans to an unverified user and keeps the session', async () => {
    expect((await browser.call('billing.plans', {}, { method: 'GET' })).status).toBe(200)
    expect((await browser.call('studio.gallery', {}, { method: 'GET' })).data).toMatchObject({ pictures: [] })
    const { user } = await (await browser.fetch('/api/auth/get-session')).json()
    expect(user).toMatchObject({ emailVerified: false, mustVerifyEmail: true })
  })

  test.each([
    { emailVerified: true },
    { mustVerifyEmail: false },
    { emailVerified: true, mustVerifyEmail: false },
  ])('does not let a client mark its address as verified with %o', async (claim) => {
    const email = `${crypto.randomUUID()}@example.com`
    const answer = await postSignUp(server, email, claim)
    if (answer.statusCode === 200)
      expect(answer.json().user).toMatchObject({ emailVerified: false, mustVerifyEmail: true })
    const update = await browser.fetch('/api/auth/update-user', {
      method: 'POST',
      body: JSON.stringify({ name: 'Ada', ...claim }),
    })
    await update.text()
    expect((await lookUp(browser)).status).toBe(403)
  })
})

test('sends the verification email again and accepts both links', async () => {
  const browser = await signUp(server)
  const { email } = browser.user
  const first = await smtp.linkTo(email)
  const again = await browser.fetch('/api/auth/send-verification-email', {
    method: 'POST',
    body: JSON.stringify({ email }),
  })
  expect(again.status).toBe(200)
  const second = await smtp.linkTo(email, 2)
  expect(await open(visitor, second)).toBe('/verified')
  expect(await open(visitor, first)).toBe('/verified')
  expect((await lookUp(browser)).status).toBe(200)
})

test("applies the verification immediately to the sessions in the user's other browsers", async () => {
  const browser = await signUp(server)
  expect((await lookUp(browser)).status).toBe(403)
  await open(visitor, await smtp.linkTo(browser.user.email))
  expect((await lookUp(browser)).status).toBe(200)
  expect(
    (await browser.fetch('/api/flowglad/customers/billing', { method: 'POST', body: '{}' })).status,
  ).toBe(200)
})

test('refreshes the session of the browser that opens the link', async () => {
  const browser = await signUp(server)
  await open(browser, await smtp.linkTo(browser.user.email))
  const { user } = await (await browser.fetch('/api/auth/get-session')).json()
  expect(user.emailVerified).toBe(true)
})

test("rejects forged links, changed links and other users' links", async () => {
  const browser = await signUp(server)
  const link = await smtp.linkTo(browser.user.email)
  const forged = link.replace(/token=[^&]*/, (token) => `${token.slice(0, -6)}AAAAAA`)
  expect(await open(browser, forged)).toBe('/verified?error=INVALID_TOKEN')
  const other = await signUp(server)
  await open(browser, await smtp.linkTo(other.user.email))
  expect((await lookUp(browser)).status).toBe(403)
})

test('ignores redirect addresses that a client sends', async () => {
  const email = `${crypto.randomUUID()}@example.com`
  await postSignUp(server, email, { callbackURL: '/elsewhere' })
  expect(await smtp.linkTo(email)).toMatch(/callbackURL=%2Fverified$/)
  const link = await smtp.linkTo(email)
  const changed = link.replace('%2Fverified', encodeURIComponent('https://evil.example'))
  expect((await visitor.fetch(changed, { redirect: 'manual' })).status).toBe(403)
})

test("sends emails from MAIL_FROM and leaves out the user's name", async () => {
  await using named = await startTestServer({
    env: { SMTP_URL: smtp.url, MAIL_FROM: 'Studio <hello@studio.example>' },
  })
  const email = `${crypto.randomUUID()}@example.com`
  await postSignUp(named, email, { name: 'Win a prize: https://evil.example' })
  await smtp.linkTo(email)
  expect(smtp.mailsTo(email)).toEqual([
    {
      from: 'hello@studio.example',
      to: [email],
      raw: expect.stringMatching(/^From: Studio <hello@studio\.example>\r$/m),
      text: expect.not.stringMatching(/prize|evil/),
    },
  ])
})

test('sends the SMTP password only over TLS unless SMTP_URL allows otherwise', async () => {
  await using plain = await startSmtp()
  const credentials = plain.url.replace('//', '//studio:secret@')
  const signUpAt = async (smtpUrl: string) => {
    await using server = await startTestServer({ env: { SMTP_URL: smtpUrl } })
    return (await signUp(server)).user.email
  }
  const first = await signUpAt(credentials)
  expect({ passwords: plain.passwords, mails: plain.mailsTo(first) }).toEqual({ passwords: [], mails: [] })
  const second = await signUpAt(`${credentials}?requireTLS=false`)
  expect({ passwords: plain.passwords, mails: plain.mailsTo(second).length }).toEqual({
    passwords: ['secret'],
    mails: 1,
  })
})

test.each(['refuses connections', 'never responds'])(
  'signs users up while the mail server %s',
  async (problem) => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    if (problem === 'refuses connections') silent.close()
    await using without = await startTestServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const browser = await signUp(without)
    expect((await lookUp(browser)).status).toBe(403)
    for (const socket of sockets) socket.destroy()
    silent.close()
  },
)

test('limits the emails to one inbox and does not reveal whether the address has an account', async () => {
  await using limited = await startTestServer({ env: { RATE_LIMIT: 'on', SMTP_URL: smtp.url } })
  const requestMail = (email: string) => postAuth(limited, 'request-password-reset', { email })
  for (const name of [`known${Date.now()}`, 'unknown']) {
    if (name !== 'unknown') await postSignUp(limited, `${name}@example.com`)
    const answers = []
    for (let mail = 0; mail < 6; mail++)
      answers.push(await requestMail(`${name}${mail ? '+1' : ''}@example.com`))
    expect(answers.map(({ statusCode }) => statusCode).filter((status) => status === 200)).toHaveLength(5)
    expect(answers.at(-1)?.json()).toMatchObject({ code: 'TOO_MANY_MAILS', retryAfterMs: expect.any(Number) })
  }
})

describe('SIGNUP_VERIFICATION', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'metered-verification-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const startWith = (env: Record<string, string>) =>
    startTestServer({
      flowglad: server.flowglad,
      env: { DATABASE_URL: `file:${join(folder, 'users.sqlite')}`, ...env },
    })

  test('requires verification only if SIGNUP_VERIFICATION has been on since the user signed up', async () => {
    const start = async <T>(env: Record<string, string>, run: (server: TestServer) => Promise<T>) => {
      await using server = await startWith(env)
      return await run(server)
    }
    const earlier = await start({}, signUp)
    const waiting = await start({ SMTP_URL: smtp.url }, async (server) => {
      expect((await lookUp(earlier.at(server.url))).status).toBe(200)
      const waiting = await signUp(server)
      expect((await lookUp(waiting)).status).toBe(403)
      return waiting
    })
    await start({ SMTP_URL: smtp.url, SIGNUP_VERIFICATION: 'off' }, async (server) => {
      expect((await lookUp(waiting.at(server.url))).status).toBe(200)
    })
    await start({ SMTP_URL: smtp.url }, async (server) => {
      expect((await lookUp(waiting.at(server.url))).status).toBe(200)
    })
  })
})
