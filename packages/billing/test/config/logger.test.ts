import { afterEach, expect, test, vi } from 'vitest'
import { consoleLogger } from '../../src/config/logger.ts'
import { createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { createTestBilling } from '../../src/testing/index.ts'
import { aUser, meters } from '../flowglad/meters.ts'
import { until } from '../flowglad/until.ts'

afterEach(() => vi.restoreAllMocks())

/** Replaces the console's methods, and returns the lines that they receive. */
function capture() {
  const lines: string[] = []
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => void lines.push(`${level}: ${line}`))
  }
  return lines
}

const flowglad = { secretKey: 'sk_test', baseUrl: 'http://127.0.0.1:9' }

test('prints each warning and error on one line with its details, and ignores info messages', () => {
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
  expect(lines).toEqual([expect.stringMatching(/^warn: \[billing\] Flowglad does not answer/)])
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
