import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { EnvError, readEnv } from '../src/env.ts'

const ownSecret = randomBytes(32).toString('base64')
const development = (source: Record<string, string> = {}) => readEnv(source, { built: false })
const production = (source: Record<string, string> = {}) =>
  readEnv({ AUTH_SECRET: ownSecret, ...source }, { built: true })
const denial = (read: () => unknown) => {
  try {
    read()
  } catch (error) {
    if (error instanceof EnvError) return error.message
    throw error
  }
  return null
}

describe('in development', () => {
  test('development needs no configuration', () => {
    expect(development()).toMatchObject({
      production: false,
      port: 3000,
      publicUrl: 'http://localhost:5173',
      database: { type: 'sqlite', file: expect.stringMatching(/[\\/]\.data[\\/]metered\.sqlite$/) },
      flowglad: { baseUrl: 'http://127.0.0.1:4010', secretKey: 'sk_test_local' },
      holdTtlMs: 120_000,
      shutdownGraceMs: 10_000,
      rateLimit: true,
      openAi: null,
    })
  })

  test("trusts the web app's origin on localhost and on 127.0.0.1", () => {
    expect(development().trustedOrigins).toEqual(
      expect.arrayContaining(['http://localhost:5173', 'http://127.0.0.1:5173']),
    )
  })
})

describe('production mode', () => {
  test('turns on production mode in the built server and with NODE_ENV=production', () => {
    expect(production().production).toBe(true)
    expect(production({ NODE_ENV: 'development' }).production).toBe(true)
    expect(development({ NODE_ENV: 'production', AUTH_SECRET: ownSecret }).production).toBe(true)
  })

  test.each([
    ['a missing secret', undefined],
    ['an empty secret', ''],
    ['the development secret', development().authSecret],
    ['the development secret with spaces around it', ` ${development().authSecret} `],
    ["better-auth's default", 'better-auth-secret-12345678901234567890'],
    ['one character', 'a'],
    ['31 characters', ownSecret.slice(0, 31)],
    ['a short secret padded with spaces', ownSecret.slice(0, 8).padEnd(40)],
    ['one repeated character', 'a'.repeat(64)],
    ['a few repeated characters', 'abcdef'.repeat(10)],
  ])('rejects %s as AUTH_SECRET and says how to create one', (_, secret) => {
    const message = denial(() => readEnv({ AUTH_SECRET: secret }, { built: true }))
    expect(message).toMatch(/^AUTH_SECRET .*openssl rand -base64 32$/)
    if (secret && secret.length > 8) expect(message).not.toContain(secret)
  })

  test.each([
    ['the development secret', development().flowglad.webhookSecret ?? ''],
    [
      'the development secret without padding',
      development().flowglad.webhookSecret?.replace(/=+$/, '') ?? '',
    ],
    ['one byte', 'whsec_YQ=='],
    ['one repeated byte', `whsec_${Buffer.alloc(32, 'a').toString('base64')}`],
  ])('rejects %s as FLOWGLAD_WEBHOOK_SECRET even with a Flowglad server on this machine', (_, secret) => {
    expect(denial(() => production({ FLOWGLAD_WEBHOOK_SECRET: secret }))).toMatch(
      /^FLOWGLAD_WEBHOOK_SECRET .*openssl rand -base64 32/,
    )
  })

  test('rejects webhooks if FLOWGLAD_WEBHOOK_SECRET is not set', () => {
    expect(production().flowglad.webhookSecret).toBeNull()
  })

  test('accepts random secrets', () => {
    const FLOWGLAD_WEBHOOK_SECRET = `whsec_${randomBytes(24).toString('base64')}`
    const AUTH_SECRET = randomBytes(16).toString('hex')
    expect(production({ AUTH_SECRET, FLOWGLAD_WEBHOOK_SECRET })).toMatchObject({
      authSecret: AUTH_SECRET,
      flowglad: { webhookSecret: FLOWGLAD_WEBHOOK_SECRET },
    })
  })

  test("uses the server's own port in the public origin by default", () => {
    expect(production({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080')
    expect(production({ PUBLIC_URL: 'https://studio.example/app/' })).toMatchObject({
      publicUrl: 'https://studio.example',
      trustedOrigins: [],
    })
  })
})

test('accepts sk_test_local only for a Flowglad server on this machine', () => {
  for (const local of [
    'http://127.0.0.1:4010',
    'http://localhost:9',
    'http://[::1]:4010',
    'http://127.8.9.1',
  ]) {
    expect(production({ FLOWGLAD_BASE_URL: local }).flowglad.secretKey).toBe('sk_test_local')
  }
  for (const remote of ['https://app.flowglad.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1']) {
    expect(denial(() => production({ FLOWGLAD_BASE_URL: remote }))).toContain('FLOWGLAD_SECRET_KEY')
    expect(production({ FLOWGLAD_BASE_URL: remote, FLOWGLAD_SECRET_KEY: 'sk_own' }).flowglad).toEqual({
      baseUrl: remote,
      secretKey: 'sk_own',
      webhookSecret: null,
    })
  }
})

test('rejects the development webhook secret for a remote Flowglad server', () => {
  const known = development().flowglad.webhookSecret ?? ''
  const remote = { FLOWGLAD_BASE_URL: 'https://app.flowglad.com', FLOWGLAD_SECRET_KEY: 'sk_own' }
  expect(known).toMatch(/^whsec_/)
  expect(Buffer.from(known.slice(6), 'base64').toString('base64')).toBe(known.slice(6))
  expect(denial(() => production({ ...remote, FLOWGLAD_WEBHOOK_SECRET: known }))).toContain(
    'FLOWGLAD_WEBHOOK_SECRET',
  )
})

test('accepts a file or a PostgreSQL address as DATABASE_URL', () => {
  expect(development({ DATABASE_URL: 'file:/tmp/a.sqlite' }).database).toEqual({
    type: 'sqlite',
    file: '/tmp/a.sqlite',
  })
  expect(development({ DATABASE_URL: 'file:///tmp/a.sqlite' }).database).toEqual({
    type: 'sqlite',
    file: '/tmp/a.sqlite',
  })
  expect(development({ DATABASE_URL: 'postgres://u:p@h/d' }).database).toEqual({
    type: 'postgres',
    url: 'postgres://u:p@h/d',
  })
  expect(denial(() => development({ DATABASE_URL: 'mysql://h/d' }))).toContain('DATABASE_URL')
})

test.each([
  ['', 0],
  ['0', 0],
  ['1', 1],
  [' 2 ', 2],
  ['127.0.0.1', ['127.0.0.1']],
  ['10.0.0.0/8, ::1,2001:db8::/32', ['10.0.0.0/8', '::1', '2001:db8::/32']],
])('reads TRUST_PROXY "%s"', (value, trustProxy) => {
  expect(development({ TRUST_PROXY: value })).toMatchObject({ trustProxy })
})

test.each([
  'true',
  '-1',
  '1.5',
  '1000',
  '1e1',
  'nginx',
  'loopback',
  '127.0.0.1,',
  '10.0.0.0/33',
  '10.0.0/8',
  '0x7f.1',
  '10.0.0.0/8;10.1.0.0/16',
  // These networks contain every address, so each client could choose its own address.
  '0.0.0.0/0',
  '::/0',
])('rejects TRUST_PROXY "%s"', (value) => {
  expect(denial(() => development({ TRUST_PROXY: value }))).toMatch(/^TRUST_PROXY must be/)
})

test('reads OPERATORS as a list of email addresses', () => {
  expect(development().operators).toEqual([])
  expect(development({ OPERATORS: ' Olga@studio.example,ola@studio.example ' }).operators).toEqual([
    'Olga@studio.example',
    'ola@studio.example',
  ])
  for (const list of ['olga', 'olga@studio.example,', 'olga@studio.example ola@studio.example', '@', ' '])
    expect(denial(() => development({ OPERATORS: list }))).toMatch(/^OPERATORS must be/)
})

test('uses an external model only if its address is set', () => {
  expect(development({ OPENAI_API_KEY: 'sk-x' }).openAi).toBeNull()
  expect(development({ OPENAI_BASE_URL: 'http://localhost:11434/v1/' }).openAi).toMatchObject({
    baseUrl: 'http://localhost:11434/v1',
    apiKey: null,
  })
})

test('reports every invalid variable by name', () => {
  const message = denial(() => development({ PORT: 'http', HOLD_TTL_MS: '-1', RATE_LIMIT: 'no' })) ?? ''
  expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual(['PORT', 'HOLD_TTL_MS', 'RATE_LIMIT'])
})

describe('sign-up verification', () => {
  const smtp = { SMTP_URL: 'smtps://user:password@mail.example:465' }

  test('turns on sign-up verification by default only if there is a mail server', () => {
    expect(production().signUpVerification).toBe(false)
    expect(production(smtp).signUpVerification).toBe(true)
    expect(production({ ...smtp, SIGNUP_VERIFICATION: 'off' }).signUpVerification).toBe(false)
    expect(development({ SIGNUP_VERIFICATION: 'on' })).toMatchObject({ signUpVerification: true, mail: null })
  })

  test('requires a mail server for sign-up verification in production', () => {
    expect(denial(() => production({ SIGNUP_VERIFICATION: 'on' }))).toContain('SMTP_URL')
  })

  test('rejects a mail server or a sender that is not an address', () => {
    expect(denial(() => production({ SMTP_URL: 'https://mail.example' }))).toContain('SMTP_URL')
    for (const sender of ['Studio', 'a@b.example\r\nBcc: c@d.example', '@'])
      expect(denial(() => production({ ...smtp, MAIL_FROM: sender }))).toContain('MAIL_FROM')
    expect(production({ ...smtp, PUBLIC_URL: 'https://studio.example' }).mail?.from).toBe(
      'Studio <no-reply@studio.example>',
    )
  })
})
