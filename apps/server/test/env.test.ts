import { describe, expect, test } from 'vitest'
import { EnvError, readEnv } from '../src/env.ts'

const development = (source: Record<string, string> = {}) => readEnv(source, { built: false })
const production = (source: Record<string, string> = {}) =>
  readEnv({ AUTH_SECRET: 'a secret of our own', ...source }, { built: true })
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
  test('needs no configuration', () => {
    expect(development()).toMatchObject({
      production: false,
      port: 3000,
      publicUrl: 'http://localhost:5173',
      database: { type: 'sqlite', file: expect.stringMatching(/[\\/]\.data[\\/]metered\.sqlite$/) },
      flowglad: { baseUrl: 'http://127.0.0.1:4010', secretKey: 'sk_test_local' },
      holdTtlMs: 120_000,
      rateLimit: true,
      openAi: null,
    })
  })

  test("trusts the web app's origin with each of the machine's loopback names", () => {
    expect(development().trustedOrigins).toEqual(
      expect.arrayContaining(['http://localhost:5173', 'http://127.0.0.1:5173']),
    )
  })
})

describe('production mode', () => {
  test('is on for the built server and for NODE_ENV=production', () => {
    expect(production().production).toBe(true)
    expect(production({ NODE_ENV: 'development' }).production).toBe(true)
    expect(development({ NODE_ENV: 'production', AUTH_SECRET: 'x' }).production).toBe(true)
  })

  test('rejects a missing AUTH_SECRET and its development value', () => {
    expect(denial(() => readEnv({}, { built: true }))).toContain('AUTH_SECRET')
    expect(denial(() => readEnv({ AUTH_SECRET: '' }, { built: true }))).toContain('AUTH_SECRET')
    expect(denial(() => production({ AUTH_SECRET: development().authSecret }))).toContain('AUTH_SECRET')
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

test('rejects the development webhook secret for a remote Flowglad', () => {
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

test('uses an external model only if its address is set; an API key alone is not enough', () => {
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
