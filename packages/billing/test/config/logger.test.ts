import { afterEach, expect, test, vi } from 'vitest'
import { consoleLogger } from '../../src/config/logger.ts'
import { redactingLogger } from '../../src/config/redactingLogger.ts'
import { createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { createTestBilling } from '../../src/testing/index.ts'
import { aUser, meters } from '../flowglad/meters.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { startStack } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'

afterEach(() => vi.restoreAllMocks())

/** Replaces the console's methods and returns the lines that they receive. */
function capture() {
  const lines: string[] = []
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => void lines.push(`${level}: ${line}`))
  }
  return lines
}

const flowglad = { secretKey: 'sk_test', baseUrl: 'http://127.0.0.1:9' }

test('prints only warnings and errors, each on one line with its details', () => {
  const lines = capture()
  consoleLogger.info({ customer: 'ada' }, 'a detail')
  consoleLogger.warn({ customer: 'ada', error: 'Error: two\nlines' }, 'release failed')
  consoleLogger.warn({ procedure: 'draw' }, 'Install pg.')
  consoleLogger.error({}, 'The key is wrong.')
  expect(lines).toEqual([
    'warn: [billing] release failed: customer=ada error="Error: two\\nlines"',
    'warn: [billing] Install pg. procedure=draw',
    'error: [billing] The key is wrong.',
  ])
})

test("logs each charge once with Flowglad's transaction ID", async () => {
  const { logger, charges } = recordingLogger()
  await using stack = await startStack({ logger })
  const call = { customer: aUser(), meter: 'tokens', amount: 3, key: 'k', name: 'write' } as const
  const attempts = [1, 2].map(() => stack.billing.meter(call, ({ attempt }) => attempt).catch(() => null))
  await Promise.all(attempts)
  await stack.billing.drain()
  const [event] = await stack.atFlowglad.events()
  const attempt = event?.transactionId
  expect(charges).toEqual([{ customer: 'ada', procedure: 'write', attempt, units: '3 tokens' }])
})

test('removes only email addresses and keys from log messages', () => {
  const lines = capture()
  redactingLogger(consoleLogger).warn(
    {
      customer: 'ada',
      holds: 2,
      error: 'Error: 500 {"error":"ada@example.com has sk_live_a1B2/=, not whsec_c2Vj"}',
    },
    'Use @metered/billing with a key such as sk_….',
  )
  expect(lines).toEqual([
    'warn: [billing] Use @metered/billing with a key such as sk_…. customer=ada holds=2 ' +
      'error="Error: 500 {\\"error\\":\\"[removed] has sk_[removed], not whsec_[removed]\\"}"',
  ])
})

test('shows no part of an email address or key when it truncates a long text', () => {
  const shown = (text: string) => {
    const lines: string[] = []
    const record = (_: object, message: string) => void lines.push(message)
    redactingLogger({ info: record, warn: record, error: record }).warn({}, text)
    return lines.join()
  }
  const rest = ' rest'.repeat(500)
  expect(shown('x'.repeat(2_000))).toBe('x'.repeat(2_000))
  expect(shown(`ada@example.com${rest}`)).toMatch(/^\[removed\] rest.{1900,1990}…$/)
  expect(shown('a@b.'.repeat(250_000))).toMatch(/^\[removed\]…$/)
  expect(shown('x'.repeat(1_000_000))).toMatch(/^x{1700,2000}…$/)
  for (let start = 1_970; start <= 2_000; start++) {
    const text = `${'.'.repeat(1_000)} ${'.'.repeat(start - 1_002)} ada@mail.example.com${rest}`
    expect(shown(text), `an address at ${start}`).not.toMatch(/ada|mail|example/)
  }
  const longest = `${'a'.repeat(64)}@${'b'.repeat(185)}.com`
  for (let start = 1_740; start <= 2_000; start++)
    expect(shown(' '.repeat(start) + longest + rest), `an address at ${start}`).not.toMatch(/[ab]/)
  for (let start = 1_980; start <= 2_000; start++)
    expect(shown(`${' '.repeat(start)}sk_live_a1B2${rest}`), `a key at ${start}`).not.toContain('live')
})

test('writes to the console by default', async () => {
  const lines = capture()
  await using billing = createBilling({
    meters,
    ledger: sqliteLedger(':memory:'),
    flowglad,
    customer: () => aUser(),
    publicUrl: 'http://localhost',
  })
  await billing.start()
  expect(lines).toEqual([expect.stringMatching(/^warn: \[billing\] Flowglad is unavailable/)])
})

test('logs nothing by default in createTestBilling', async () => {
  const lines = capture()
  await using billing = createTestBilling({
    meters,
    customer: () => aUser(),
    flowglad: { url: flowglad.baseUrl, key: flowglad.secretKey },
    options: { decisionMs: 1 },
  })
  await billing.balances(aUser())
  await billing.start()
  await until(async () => expect((await billing.health()).status).toBe('degraded'))
  expect(lines).toEqual([])
})
