import { once } from 'node:events'
import { silent } from '../../src/config/logger.ts'
import { createBilling } from '../../src/index.ts'
import type { Command } from '../../src/ledger/commands.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from './meters.ts'

/**
 * Makes one call and stops at `point`, where the test kills the process. Usage:
 * `crashingNode <ledger file> <Flowglad URL> <point>`
 */
const [file = '', baseUrl = '', point = ''] = process.argv.slice(2)

const reached = (): Promise<never> => {
  console.log('reached')
  return new Promise(() => {})
}

const ledger = sqliteLedger(file)
const stopping: Ledger = {
  ...ledger,
  execute: (command: Command) => (`before ${command.type}` === point ? reached() : ledger.execute(command)),
} as Ledger // `execute` is generic, and this wrapper is not.

const billing = createBilling({
  meters,
  ledger: stopping,
  flowglad: { secretKey: 'sk_test_local', baseUrl },
  customer: () => aUser(),
  publicUrl: 'http://localhost',
  autoStart: false,
  logger: silent,
  options: { deliverEveryMs: 50, decisionMs: 20_000 },
})
// Keep the process alive at `point`.
setInterval(() => {}, 1_000)
if (point === 'before acknowledge') await billing.start()
await billing.meter(
  { customer: aUser(), meter: 'generations', amount: 3, key: 'job', input: 'same' },
  async () => {
    if (point === 'during work') return reached()
    if (point === 'paused') {
      console.log('reached')
      await once(process.stdin, 'data')
    }
    return 'the result of the first run'
  },
)
if (point === 'after settle') reached()
if (point === 'paused') process.exit(0)
