import { once } from 'node:events'
import { createBilling, sqliteLedger } from '../../src/index.ts'
import type { Command } from '../../src/ledger/commands.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { aUser, meters } from './meters.ts'

/** A node that makes one call and stops at the point named by its argument, to be killed there: `crashingNode.ts <ledger file> <Flowglad> <point>`. */
const [file = '', baseUrl = '', point = ''] = process.argv.slice(2)

const reached = (): Promise<never> => {
  console.log('reached')
  return new Promise(() => {})
}

const ledger = sqliteLedger(file)
const stopping: Ledger = {
  ...ledger,
  execute: (command: Command) => (`before ${command.type}` === point ? reached() : ledger.execute(command)),
} as Ledger

const billing = createBilling({
  meters,
  ledger: stopping,
  flowglad: { secretKey: 'sk_test_local', baseUrl },
  customer: () => aUser(),
  publicUrl: 'http://localhost',
  options: {
    holdTtlMs: 500,
    flowgladDeadlineMs: 4_000,
    leaseMs: 5_000,
    deliverEveryMs: 50,
    decisionMs: 20_000,
  },
})
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
    return 'result of the first run'
  },
)
if (point === 'after settle') reached()
if (point === 'paused') process.exit(0)
