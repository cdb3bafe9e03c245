import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, expect, test, vi } from 'vitest'
import { buildScript } from '../../processes/buildScript.ts'
import type { CustomerAlert } from '../../src/index.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { movedLedger } from '../flowglad/movedLedger.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'

const ada = aUser()
/** Longer than the longest pause between two deliveries of an alert. */
const longestPauseMs = 3_600_001

const spend = ({ billing }: Pick<Stack, 'billing'>, amount: number) =>
  billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')

let alertingNode = ''
beforeAll(async () => {
  alertingNode = await buildScript('alertingNode', import.meta.url)
})

test('passes each alert to onAlert once', async () => {
  using file = ledgerFile()
  const onAlert = vi.fn()
  {
    await using stack = await startStack({ onAlert, ledger: movedLedger(file.path).ledger })
    await spend(stack, 8)
    await expect.poll(() => onAlert.mock.calls).toHaveLength(1)
    await spend(stack, 2)
    await expect.poll(() => onAlert.mock.calls).toHaveLength(2)
    const listed = await stack.billing.alerts.list(ada)
    expect(onAlert.mock.calls).toEqual(listed.reverse().map((alert) => [{ ...alert, customer: 'ada' }]))
  }
  const { ledger, pass } = movedLedger(file.path)
  pass(longestPauseMs)
  expect(await ledger.alertsToDeliver(10)).toEqual([])
  await ledger.close()
})

test('calls onAlert on only one of two nodes', async () => {
  const onAlert = vi.fn()
  await using stack = await startStack({ onAlert })
  await using _other = await startStack({ onAlert, ledger: stack.ledger, beside: stack })
  await spend(stack, 10)
  await expect.poll(() => onAlert.mock.calls).toHaveLength(2)
  await expect.poll(() => stack.ledger.alertsToDeliver(10)).toEqual([])
  expect(new Set(onAlert.mock.calls.map(([{ id }]) => id)).size).toBe(2)
})

test('calls onAlert again with the same alert after it fails, and logs the failure', async () => {
  const { ledger, pass } = movedLedger()
  const { logger, messages } = recordingLogger()
  const received: CustomerAlert[] = []
  const onAlert = async (alert: CustomerAlert) => {
    received.push(alert)
    if (received.length === 1) throw new Error('the mail server is down')
  }
  await using stack = await startStack({ onAlert, ledger, logger })
  await spend(stack, 8)
  await expect.poll(() => received).toHaveLength(1)
  await expect.poll(() => messages.join()).toContain('onAlert failed')
  pass(longestPauseMs)
  await expect.poll(() => received).toHaveLength(2)
  expect(received[1]).toEqual(received[0])
  expect(await stack.billing.alerts.list(ada)).toHaveLength(1)
})

// Without the grace period, the shutdown would wait 30 s for `onAlert`, longer than this test's timeout.
test('shuts down even if onAlert never ends, and delivers the alert after the next start', {
  timeout: 20_000,
}, async () => {
  using file = ledgerFile()
  const { ledger } = movedLedger(file.path)
  const hanging = vi.fn(() => new Promise(() => {}))
  const first = await startStack({ onAlert: hanging, ledger, options: { shutdownGraceMs: 50 } })
  await spend(first, 8)
  await expect.poll(() => hanging.mock.calls).toHaveLength(1)
  await first[Symbol.asyncDispose]()
  const reopened = movedLedger(file.path)
  reopened.pass(longestPauseMs)
  const onAlert = vi.fn()
  await using _second = await startStack({ onAlert, ledger: reopened.ledger })
  await expect.poll(() => onAlert.mock.calls).toEqual(hanging.mock.calls)
})

test('delivers many alerts without a warning about listeners', async () => {
  const onAlert = vi.fn(() => new Promise((resolve) => setTimeout(resolve, 10)))
  const warned = vi.fn()
  process.on('warning', warned)
  await using stack = await startStack({ onAlert })
  const customers = Array.from({ length: 30 }, (_, n) => aUser(`user ${n}`))
  await Promise.all(
    customers.map((customer) =>
      stack.billing.meter({ customer, meter: 'generations', amount: 8 }, () => 'done'),
    ),
  )
  await expect.poll(() => onAlert.mock.calls).toHaveLength(30)
  process.off('warning', warned)
  expect(warned.mock.calls).toEqual([])
})

test('waits to take an alert while another process has locked the SQLite file', async () => {
  using file = ledgerFile()
  await using stack = await startStack({ ledger: movedLedger(file.path).ledger })
  await spend(stack, 8)
  const [alert] = await stack.ledger.alertsToDeliver(1)
  if (!alert) throw new Error('No alert is due')
  const other = connect(file.path)
  other.exec('BEGIN IMMEDIATE')
  const taken = stack.ledger.takeAlert(alert)
  other.exec('COMMIT')
  other.close()
  expect(await taken).toBe(true)
})

test('delivers alerts during drain() even if billing was never started', async () => {
  const onAlert = vi.fn()
  await using stack = await startStack({ onAlert, started: false })
  await spend(stack, 10)
  expect(await stack.billing.drain()).toBe(true)
  expect(onAlert.mock.calls).toHaveLength(2)
  expect(await stack.ledger.alertsToDeliver(10)).toEqual([])
})

test('delivers earlier alerts once billing starts with onAlert, even if there is no new usage', async () => {
  using file = ledgerFile()
  const onAlert = vi.fn()
  {
    await using stack = await startStack({ ledger: movedLedger(file.path).ledger })
    await spend(stack, 8)
  }
  await using _stack = await startStack({ onAlert, ledger: movedLedger(file.path).ledger })
  await expect.poll(() => onAlert.mock.calls).toHaveLength(1)
})

test.each(['before onAlert', 'during onAlert'])(
  'delivers an alert under the same ID and lists it once if the process is killed %s',
  async (point) => {
    using file = ledgerFile()
    const { ledger, pass } = movedLedger(file.path)
    const onAlert = vi.fn()
    await using stack = await startStack({ ledger, onAlert, started: false })
    const child = spawn(process.execPath, [alertingNode, file.path, stack.proxy.url, point], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output] = await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const [alert] = await stack.billing.alerts.list(ada)
    expect(String(output).trim()).toBe(point === 'during onAlert' ? alert?.id : 'spent')
    pass(longestPauseMs)
    await stack.billing.start()
    await expect.poll(() => onAlert.mock.calls).toEqual([[{ ...alert, customer: 'ada' }]])
    expect(await stack.billing.alerts.list(ada)).toEqual([alert])
  },
)
