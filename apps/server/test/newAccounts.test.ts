import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { startPostgres } from 'test-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressKey } from '../src/account/addressKey.ts'
import { createNewAccountLimit } from '../src/account/newAccountLimit.ts'
import { limits } from '../src/limits/limits.ts'
import { postSignUp } from './postAuth.ts'
import { startTestServer, type TestServer } from './testServer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('aliases', () => {
  test.each([
    ['ada+1@example.com', 'ada@example.com'],
    ['ada+1+2@example.com', 'ada@example.com'],
    ['Ada@Example.COM', 'ada@example.com'],
    ['a.d.a+news@gmail.com', 'ada@gmail.com'],
    ['ada@googlemail.com', 'ada@gmail.com'],
    ['a.da@example.com', 'a.da@example.com'],
    ['+1@example.com', '+1@example.com'],
  ])('maps the address %s to the key %s', (email, key) => {
    expect(addressKey(email)).toBe(key)
  })

  test('responds to a sign-up with an alias as if the address were already registered', async () => {
    expect((await postSignUp(server, 'grace.hopper+1@gmail.com')).statusCode).toBe(200)
    const known = await postSignUp(server, 'grace.hopper+1@gmail.com')
    expect(known.statusCode).toBe(422)
    for (const alias of [
      'grace.hopper@gmail.com',
      'gracehopper+2@gmail.com',
      'G.R.A.C.E.hopper@GoogleMail.com',
    ]) {
      const { statusCode, body } = await postSignUp(server, alias)
      expect({ alias, statusCode, body }).toEqual({ alias, statusCode: 422, body: known.body })
    }
    expect((await postSignUp(server, 'grace.hopper@example.com')).statusCode).toBe(200)
  })

  test.each(['sqlite', 'postgres'] as const)(
    'creates only one account for simultaneous sign-ups with aliases (%s)',
    async (type) => {
      await using postgres = type === 'postgres' ? await startPostgres({ user: 'metered' }) : null
      const database = await postgres?.createDatabase()
      await using racing = await startTestServer({ env: database ? { DATABASE_URL: database } : {} })
      const answers = await Promise.all(
        Array.from({ length: 5 }, (_, n) => postSignUp(racing, `mary+${n}@example.com`)),
      )
      const refused = answers.filter(({ statusCode }) => statusCode !== 200)
      expect(refused).toHaveLength(4)
      const known = await postSignUp(racing, 'mary@example.com')
      expect(refused.map(({ statusCode, body }) => ({ statusCode, body }))).toEqual(
        refused.map(() => ({ statusCode: 422, body: known.body })),
      )
    },
  )

  test('recognizes aliases of accounts that an older version created', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'metered-older-'))
    const file = join(folder, 'older.sqlite')
    const older = new Database(file)
    older.exec(`
      CREATE TABLE user (id text NOT NULL PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE,
        emailVerified integer NOT NULL, image text, createdAt date NOT NULL, updatedAt date NOT NULL);
      CREATE TABLE account (id text NOT NULL PRIMARY KEY, accountId text NOT NULL, providerId text NOT NULL,
        userId text NOT NULL REFERENCES user (id) ON DELETE CASCADE, accessToken text, refreshToken text,
        idToken text, accessTokenExpiresAt date, refreshTokenExpiresAt date, scope text, password text,
        createdAt date NOT NULL, updatedAt date NOT NULL)`)
    const now = new Date().toISOString()
    for (const email of ['ada@example.com', 'ada+1@example.com', 'joan+1@example.com']) {
      older.prepare('INSERT INTO user VALUES (?, ?, ?, 0, NULL, ?, ?)').run(email, 'Ada', email, now, now)
      older
        .prepare(
          "INSERT INTO account (id, accountId, providerId, userId, createdAt, updatedAt) VALUES (?, ?, 'credential', ?, ?, ?)",
        )
        .run(email, email, email, now, now)
    }
    older.close()
    {
      await using updated = await startTestServer({ env: { DATABASE_URL: `file:${file}` } })
      for (const alias of ['ada+2@example.com', 'ada+1@example.com', 'joan@example.com']) {
        expect({ alias, status: (await postSignUp(updated, alias)).statusCode }).toEqual({
          alias,
          status: 422,
        })
      }
    }
    await rm(folder, { recursive: true })
  })

  test('does not let a client set its address key', async () => {
    const { statusCode } = await postSignUp(server, 'eve+1@example.com', { addressKey: 'eve' })
    expect(statusCode).toBe(400)
    const { user } = (await postSignUp(server, 'eve+1@example.com')).json()
    expect(user).not.toHaveProperty('addressKey')
    expect((await postSignUp(server, 'eve+2@example.com')).statusCode).toBe(422)
  })
})

describe('network limits', () => {
  const minutes = 60_000
  const perHour = { calls: 2, windowMs: 60 * minutes }
  const perDay = { calls: 3, windowMs: 24 * 60 * minutes }

  test.each([
    [['203.0.113.1', '203.0.113.2', '::ffff:203.0.113.3'], '203.0.114.1'],
    [['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:db8:1:2::3%eth0'], '2001:db8:1:3::1'],
  ])('refuses only the network that has reached the hourly limit', async (same, other) => {
    const count = createNewAccountLimit({ perHour, perDay })
    const [first = '', second = '', third = ''] = same
    await count(first)
    await count(second)
    await expect(count(third)).rejects.toMatchObject({ statusCode: 429 })
    await expect(count(other)).resolves.toBeUndefined()
  })

  test('refuses new accounts from a network that has reached the daily limit', async () => {
    const count = createNewAccountLimit({ perHour: { ...perHour, calls: 10 }, perDay })
    for (const host of [1, 2, 3]) await count(`203.0.113.${host}`)
    await expect(count('203.0.113.4')).rejects.toMatchObject({
      body: { message: 'Too many accounts were created from your network. Try again in 24 hours.' },
    })
  })

  test('counts only created accounts and refuses further sign-ups with a 429, even with forged address headers', async () => {
    await using limited = await startTestServer({
      env: { RATE_LIMIT: 'on' },
      newAccountsPerNetwork: { perHour, perDay },
    })
    expect((await postSignUp(limited, 'one@example.com')).statusCode).toBe(200)
    for (const refused of ['one@example.com', 'one+1@example.com', 'not an address'])
      expect((await postSignUp(limited, refused)).statusCode).toBeOneOf([400, 422])
    expect((await postSignUp(limited, 'two@example.com')).statusCode).toBe(200)
    for (const header of ['x-forwarded-for', 'x-client-address', 'x-real-ip', 'forwarded']) {
      const forged = await postSignUp(limited, `${header}@example.com`, {}, { [header]: '203.0.113.9' })
      expect({ header, status: forged.statusCode }).toEqual({ header, status: 429 })
    }
    const answer = await postSignUp(limited, 'three@example.com')
    expect(answer.statusCode).toBe(429)
    expect(answer.json()).toEqual({
      code: 'TOO_MANY_NEW_ACCOUNTS',
      message: expect.stringMatching(
        /^Too many accounts were created from your network\. Try again in \d+ minutes\.$/,
      ),
      retryAfterMs: expect.any(Number),
    })
    // The hourly limit refused the sign-up, so the wait is at most one hour.
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(3_600)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })

  test('does not limit new accounts if RATE_LIMIT is off', async () => {
    await using unlimited = await startTestServer({
      newAccountsPerNetwork: { perHour: { ...perHour, calls: 1 }, perDay },
    })
    for (const n of [1, 2]) expect((await postSignUp(unlimited, `${n}@example.com`)).statusCode).toBe(200)
  })

  test('does not limit new accounts in development', async () => {
    await using development = await startTestServer({ env: { RATE_LIMIT: 'on' } })
    const { calls } = limits.newAccountsPerNetwork.perHour
    for (let n = 0; n <= calls; n++)
      expect((await postSignUp(development, `${n}@example.com`)).statusCode).toBe(200)
  })
})
