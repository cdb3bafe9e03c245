import { randomUUID } from 'node:crypto'
import type { Ledger } from '@metered/billing'
import { postgresLedger } from '@metered/billing/postgres'
import { sqliteLedger } from '@metered/billing/sqlite'
import { type Postgres, startPostgres } from 'test-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postAuth } from './postAuth.ts'
import { startSmtp } from './startSmtp.ts'
import { type Browser, signIn, signUp, startTestServer, type TestServer } from './testServer.ts'

const meter = 'generations'
let smtp: Awaited<ReturnType<typeof startSmtp>>
let postgres: Postgres
beforeAll(async () => {
  ;[smtp, postgres] = await Promise.all([startSmtp(), startPostgres({ user: 'metered' })])
})
afterAll(async () => {
  await smtp[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
})

/** Chooses a new password with the link in an email and signs in with it. */
async function resetPassword(server: TestServer, email: string, mails: number): Promise<Browser> {
  await postAuth(server, 'request-password-reset', { email })
  const token = new URLSearchParams((await smtp.linkTo(email, mails)).split('#')[1]).get('token')
  const newPassword = randomUUID()
  expect((await postAuth(server, 'reset-password', { token, newPassword })).statusCode).toBe(200)
  return signIn(server, { email, password: newPassword })
}

/** Signs up an operator, who gets access by resetting the password. */
async function signUpOperator(server: TestServer, email: string): Promise<Browser> {
  await signUpVerified(server, email)
  return resetPassword(server, email, 2)
}

/** Signs up and opens the link in the email. */
async function signUpVerified(server: TestServer, email?: string): Promise<Browser> {
  const browser = await signUp(server, randomUUID(), email)
  await browser.fetch(await smtp.linkTo(browser.user.email), { redirect: 'manual' })
  return browser
}

interface Act {
  type: string
  attempt?: string
  meter?: string
  amount?: number
}

/** Returns the input of `operator.act`. */
const anAct = (customer: Browser, act: Act, input: object = {}) => ({
  customer: customer.user.id,
  id: randomUUID(),
  reason: 'The pictures were unusable',
  act,
  newestAct: null,
  ...input,
})
const adjust = (amount: number) => ({ type: 'adjust', meter, amount })

const read = (browser: Browser, path: string, input?: object) =>
  browser.call(`operator.${path}`, input, { method: 'GET' })

async function balanceOf(customer: Browser) {
  const { data } = await customer.call('billing.balances', {}, { method: 'GET' })
  return data.balances.find((row: { meter: string }) => row.meter === meter)
}

/** Opens a second ledger on the server's database, as another node would. */
const ledgerOf = ({ env: { DATABASE_URL = '' } }: TestServer): Ledger =>
  DATABASE_URL.startsWith('file:')
    ? sqliteLedger(DATABASE_URL.replace(/^file:/, ''), { driver: 'libsql' })
    : postgresLedger(DATABASE_URL)

/** Spends three units on a subscription that Flowglad doesn't know and parks the usage event. */
async function park(server: TestServer, customer: string): Promise<string> {
  await using ledger = ledgerOf(server)
  const attempt = randomUUID()
  await ledger.execute({
    type: 'settle',
    customer,
    attempt,
    subscription: 'sub_gone',
    procedure: 'studio.generate',
    key: null,
    fingerprint: null,
    legs: [{ meter, amount: 3, price: { usageMeterSlug: meter }, flagged: null }],
    result: null,
    reference: null,
    properties: {},
  })
  const events = [{ attempt, meter, reason: 'Subscription not found: sub_gone', retryInMs: 3_600_000 }]
  await ledger.execute({ type: 'park', customer, events })
  return attempt
}

/** Holds four units, as running work would. */
async function hold(server: TestServer, customer: string): Promise<string> {
  await using ledger = ledgerOf(server)
  const attempt = randomUUID()
  const answer = await ledger.execute({
    type: 'reserve',
    customer,
    attempt,
    procedure: 'studio.generate',
    key: null,
    fingerprint: null,
    legs: [
      {
        meter,
        amount: 4,
        unlimitedBy: null,
        overageWith: null,
        onExpiry: 'release',
        price: { usageMeterSlug: meter },
      },
    ],
    ttlMs: 120_000,
    maxHoldMs: 900_000,
    snapshotMaxStaleMs: 86_400_000,
    decisive: true,
  })
  expect(answer).toMatchObject({ state: 'held' })
  return attempt
}

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  // The servers for SQLite and PostgreSQL share a mail server, so each server has its own addresses.
  const operators = {
    olga: `olga@${database}.example`,
    eve: `eve@${database}.example`,
    otto: `otto@${database}.example`,
    ola: `ola@${database}.example`,
    ugo: `ugo@${database}.example`,
  }
  let server: TestServer
  let olga: Browser
  beforeAll(async () => {
    const env = {
      OPERATORS: ` ${operators.olga.toUpperCase()} ,${Object.values(operators).slice(1).join(', ')}`,
      SMTP_URL: smtp.url,
      ...(database === 'postgres' ? { DATABASE_URL: await postgres.createDatabase() } : {}),
    }
    server = await startTestServer({ env })
    olga = await signUpOperator(server, operators.olga)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const aCustomer = async () => {
    const customer = await signUpVerified(server)
    expect(await balanceOf(customer)).toMatchObject({ available: 10 })
    return customer
  }

  describe('other users', () => {
    const calls: [path: string, input: object | undefined, method: 'GET' | 'POST'][] = [
      ['find', { text: 'ada' }, 'POST'],
      ['customer', { customer: 'ada' }, 'GET'],
      ['charges', { customer: 'ada' }, 'GET'],
      ['parked', undefined, 'GET'],
      ['audit', { customer: 'ada' }, 'GET'],
      ['acts', { customer: null, after: null }, 'GET'],
      ['act', {}, 'POST'],
    ]

    test('returns the same error as for an unknown procedure to users who are not operators', async () => {
      const customer = await signUpVerified(server)
      const unverified = await signUp(server, randomUUID(), operators.eve)
      for (const browser of [customer, unverified]) {
        expect(await read(browser, 'access')).toMatchObject({ status: 200, data: false })
        const missing = await read(browser, 'nope')
        for (const [path, input, method] of calls) {
          const answer = await browser.call(`operator.${path}`, input, { method })
          const asMissing = JSON.parse(
            JSON.stringify(missing).replaceAll('operator.nope', `operator.${path}`),
          )
          expect(answer, path).toEqual(asMissing)
        }
      }
    })

    test('denies every procedure to a visitor without a session', async () => {
      const visitor = { ...olga, cookie: () => '' }
      for (const [path, , method] of [...calls, ['access', undefined, 'GET'] as const]) {
        const response = await fetch(`${server.url}/trpc/operator.${path}`, {
          method,
          headers: { cookie: visitor.cookie(), 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: '{}' } : {}),
        })
        expect(response.status, path).toBe(401)
      }
    })
  })

  test('denies a user who signed up with an operator’s address, even after the operator has reset the password', async () => {
    const email = operators.ola
    const password = randomUUID()
    const attacker = await signUp(server, password, email)
    const late = await signIn(server, { email, password })
    const expectNoAccess = async (browser: Browser) => {
      expect(await read(browser, 'access')).toMatchObject({ status: 200, data: false })
      expect(await read(browser, 'parked')).toMatchObject({ status: 404 })
    }
    await fetch(server.url + (await smtp.linkTo(email)), { redirect: 'manual' })
    const signedInAgain = await signIn(server, { email, password })
    for (const browser of [attacker, late, signedInAgain]) await expectNoAccess(browser)

    const ola = await resetPassword(server, email, 2)
    expect(await read(ola, 'parked')).toMatchObject({ status: 200 })
    for (const browser of [attacker, late, signedInAgain])
      expect((await read(browser, 'parked')).status).not.toBe(200)
    await expect(signIn(server, { email, password })).rejects.toThrow('401')
  })

  test('denies sessions that are opened with the old password during the reset', async () => {
    const email = operators.ugo
    const password = randomUUID()
    await signUp(server, password, email)
    const opened: Browser[] = []
    let isReset = false
    const keepSigningIn = async () => {
      while (!isReset) {
        const browser = await signIn(server, { email, password }).catch(() => null)
        if (browser) opened.push(browser)
      }
    }
    const reset = resetPassword(server, email, 2).finally(() => {
      isReset = true
    })
    const [ugo] = await Promise.all([reset, keepSigningIn(), keepSigningIn()])
    expect(await read(ugo, 'parked')).toMatchObject({ status: 200 })
    for (const browser of opened) expect((await read(browser, 'parked')).status).not.toBe(200)
  })

  test('lets operators choose a new password only with the link in an email', async () => {
    const body = JSON.stringify({ currentPassword: 'wrong password', newPassword: 'a new password' })
    const change = (browser: Browser) => browser.fetch('/api/auth/change-password', { method: 'POST', body })
    expect((await change(olga)).status).toBe(403)
    expect((await change(await signUp(server))).status).toBe(400)
  })

  test('denies a copied cookie as soon as its session ends', async () => {
    const otto = await signUpOperator(server, operators.otto)
    expect(await read(otto, 'parked')).toMatchObject({ status: 200 })
    const copied = otto.cookie()
    await otto.fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })
    const response = await fetch(`${server.url}/trpc/operator.parked`, { headers: { cookie: copied } })
    expect(response.status).toBe(401)
  })

  test('refuses a change from a page on another origin', async () => {
    const customer = await aCustomer()
    const headers = { origin: 'https://evil.example' }
    const { status } = await olga.call('operator.act', anAct(customer, adjust(5)), { headers })
    expect(status).toBe(403)
    expect(await balanceOf(customer)).toMatchObject({ available: 10 })
  })

  test('forbids caches from storing a response', async () => {
    const response = await olga.fetch('/trpc/operator.parked')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  test('finds customers by the start of their ID or email address', async () => {
    const { user } = await aCustomer()
    const match = { id: user.id, user: { name: 'Ada', email: user.email } }
    const find = async (text: string) => (await olga.call('operator.find', { text })).data
    expect(await find(user.email.slice(0, 12).toUpperCase())).toEqual([match])
    expect(await find(` ${user.id.slice(0, 12)}`)).toEqual([match])
    expect(await find(user.id)).toEqual([match])
    expect(await find(`${user.email.slice(0, 12)}%`)).toEqual([])
    expect(await find('_'.repeat(20))).toEqual([])
    const unused = await signUp(server)
    expect(await find(unused.user.email)).toMatchObject([{ id: unused.user.id }])
    expect((await read(olga, 'customer', { customer: unused.user.id })).data).toMatchObject({ report: null })
    expect((await read(olga, 'customer', { customer: 'unknown' })).data).toBeNull()
    expect((await olga.call('operator.find', { text: ' ' })).status).toBe(400)
  })

  test('adjusts a balance and records the session’s email address, the reason and the state before and after', async () => {
    const customer = await aCustomer()
    const forged = { by: operators.eve, operator: operators.eve, at: 0 }
    const { status, data } = await olga.call('operator.act', anAct(customer, adjust(5), forged))
    expect({ status, data }).toMatchObject({
      status: 200,
      data: {
        state: 'done',
        act: {
          by: operators.olga,
          reason: 'The pictures were unusable',
          act: adjust(5),
          changes: expect.arrayContaining([{ meter, name: 'available', before: 10, after: 15 }]),
        },
      },
    })
    expect(await balanceOf(customer)).toMatchObject({ available: 15 })
    const { report } = (await read(olga, 'customer', { customer: customer.user.id })).data
    expect(report).toMatchObject({
      balances: expect.arrayContaining([expect.objectContaining({ meter, adjusted: 5, limit: 15 })]),
      acts: [data.act],
    })
  })

  test.each([
    ['without a reason', { reason: '' }, 'reason'],
    ['with a blank reason', { reason: ' \n ' }, 'reason'],
    ['with a reason of 501 characters', { reason: 'x'.repeat(501) }, 'reason'],
    ['with a reason that cannot be stored', { reason: 'a\0b' }, 'reason'],
    ['with an ID that is not a UUID', { id: 'refund attempt generations' }, 'id'],
    ['of an unknown type', { act: { type: 'grant', meter, amount: 5 } }, 'act'],
    ['of no units', { act: { type: 'adjust', meter, amount: 0 } }, 'act'],
    ['of half a unit', { act: { type: 'adjust', meter, amount: 0.5 } }, 'act'],
  ])('rejects a change %s', async (_, input, path) => {
    const { status, error } = await olga.call('operator.act', anAct(olga, adjust(5), input))
    expect({ status, message: error.message }).toEqual({
      status: 400,
      message: expect.stringContaining(path),
    })
  })

  test('makes a change once, even if the browser sends it twice at the same time or repeats it later', async () => {
    const customer = await aCustomer()
    const input = anAct(customer, adjust(5), { reason: 'x'.repeat(500) })
    const send = async () => (await olga.call('operator.act', input)).data
    const states = (await Promise.all([send(), send()])).map(({ state }) => state)
    expect(states.sort()).toEqual(['done', 'repeated'])
    expect(await send()).toMatchObject({ state: 'repeated', act: { id: input.id } })
    expect(await balanceOf(customer)).toMatchObject({ available: 15 })
  })

  test('refuses an adjustment if the customer has a newer change that the operator has not seen', async () => {
    const customer = await aCustomer()
    const act = async (amount: number, newestAct: string | null) =>
      (await olga.call('operator.act', anAct(customer, adjust(amount), { newestAct }))).data
    const first = await act(5, null)
    expect(await act(5, null)).toEqual({ state: 'refused', why: 'changed' })
    expect(await balanceOf(customer)).toMatchObject({ available: 15 })
    expect(await act(-3, first.act.id)).toMatchObject({ state: 'done' })
    expect(await act(-13, null)).toMatchObject({ state: 'refused', why: 'changed' })
    expect(await balanceOf(customer)).toMatchObject({ available: 12 })
  })

  test('refunds a charge only once', async () => {
    const customer = await aCustomer()
    await customer.call('studio.generate', { prompt: 'a mill', count: 4 })
    expect(await balanceOf(customer)).toMatchObject({ available: 6 })
    const charges = async () => (await read(olga, 'charges', { customer: customer.user.id })).data.charges
    const [charge] = await charges()
    const refund = { type: 'refund', attempt: charge.transactionId, meter }
    expect((await olga.call('operator.act', anAct(customer, refund))).data).toMatchObject({ state: 'done' })
    expect((await olga.call('operator.act', anAct(customer, refund))).data).toMatchObject({
      state: 'repeated',
    })
    expect(await balanceOf(customer)).toMatchObject({ available: 10 })
    expect(await charges()).toMatchObject([{ refundedAt: expect.any(Number) }])
  })

  test('passes the audit after a hold is released and parked events are retried and dropped', async () => {
    const customer = await aCustomer()
    const { id } = customer.user
    const attempt = await hold(server, id)
    const retried = await park(server, id)
    const dropped = await park(server, id)
    const { report } = (await read(olga, 'customer', { customer: id })).data
    expect(report.holds).toMatchObject([{ attempt, legs: [{ meter, amount: 4 }] }])
    expect(report.events).toHaveLength(2)
    const parked = (await read(olga, 'parked')).data.filter((it: { customer: string }) => it.customer === id)
    expect(parked).toHaveLength(2)

    const act = async (act: Act) => (await olga.call('operator.act', anAct(customer, act))).data
    expect(await act({ type: 'release', attempt })).toMatchObject({
      state: 'done',
      act: {
        changes: expect.arrayContaining([{ meter: null, name: 'hold', before: 'open', after: 'ended' }]),
      },
    })
    expect(await act({ type: 'release', attempt })).toEqual({ state: 'refused', why: 'noHold' })
    expect(await act({ type: 'retry', attempt: retried, meter })).toMatchObject({ state: 'done' })
    expect(await act({ type: 'drop', attempt: dropped, meter })).toMatchObject({ state: 'done' })
    expect(await balanceOf(customer)).toMatchObject({ held: 0, available: 10 })
    expect((await read(olga, 'audit', { customer: id })).data).toEqual([])
  })

  test('lists the recorded changes for one customer or for all customers', async () => {
    const customer = await aCustomer()
    await olga.call('operator.act', anAct(customer, adjust(1)))
    const own = (await read(olga, 'acts', { customer: customer.user.id, after: null })).data
    expect(own).toMatchObject({
      acts: [
        {
          by: operators.olga,
          before: { accounts: [{ adjusted: 0 }] },
          after: { accounts: [{ adjusted: 1 }] },
        },
      ],
      next: null,
    })
    const all = (await read(olga, 'acts', { customer: null, after: null })).data
    expect(all.acts).toContainEqual(own.acts[0])
    const { at, id } = own.acts[0]
    const after = { at, customer: customer.user.id, id }
    expect((await read(olga, 'acts', { customer: customer.user.id, after })).data.acts).toEqual([])
  })

  // This test stops billing, so it runs last.
  test('returns 503 while the ledger is unavailable', async () => {
    await server.billing.close()
    const calls = [
      read(olga, 'customer', { customer: 'ada' }),
      olga.call('operator.act', anAct(olga, adjust(5))),
    ]
    for (const { status, error } of await Promise.all(calls))
      expect({ status, data: error.data }).toMatchObject({
        status: 503,
        data: { billing: { code: 'BILLING_UNAVAILABLE' } },
      })
  })
})

test.each([
  [{}, 0],
  [{ NODE_ENV: 'production', AUTH_SECRET: 'a'.repeat(16) + randomUUID() }, 1],
])(
  'warns in production, but not in development, that operators cannot reset their password: %j',
  async (env, warnings) => {
    const lines: string[] = []
    const onLog = (line: string) => void lines.push(line)
    await using _ = await startTestServer({ env: { OPERATORS: 'olga@studio.example', ...env }, onLog })
    expect(lines.filter((line) => line.includes('The users in OPERATORS must reset'))).toHaveLength(warnings)
  },
)
