import { once } from 'node:events'
import { silent } from '../../src/config/logger.ts'
import { createBilling } from '../../src/index.ts'
import type { Command } from '../../src/ledger/commands.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from './meters.ts'

/**
 * Makes one call and waits at `point`, where the test kills the process. At the point `paused`, the call continues
 * when the process gets input. Usage: `crashingNode <ledger file> <Flowglad URL> <point>`
 */
const [file = '', baseUrl = '', point = ''] = process.argv.slice(2)

const reached = (): Promise<never> => {
  console.log('reached')
  return new Promise(() => {})
}

const ledger = sqliteLedger(file)
const stopping: Ledger = {
  ...ledger,
  async execute(command: Command) {
    if (`before ${command.type}` === point) return reached()
    const answer = await ledger.execute(command)
    if (command.type === 'renew' && point === 'during stream') console.log('reached')
    return answer
  },
} as Ledger // The cast is needed because `Ledger.execute` is generic and this wrapper isn't.

const billing = createBilling({
  meters,
  ledger: stopping,
  flowglad: { secretKey: 'sk_test_local', baseUrl },
  customer: () => aUser(),
  publicUrl: 'http://localhost',
  autoStart: false,
  logger: silent,
  options: { deliverAfterMs: 0, deliverEveryMs: 50, decisionMs: 20_000, countEveryMs: 50 },
})
// Keep the process alive at `point`.
setInterval(() => {}, 1_000)
if (point === 'before acknowledge') await billing.start()
if (point === 'during stream') {
  const stream = await billing.meter(
    {
      customer: aUser(),
      meter: 'generations',
      hold: 3,
      cost: ({ usage }) => usage.total,
      key: 'job',
      input: 'same',
    },
    async function* ({ usage }) {
      usage.add(2)
      yield 'two units'
      await new Promise(() => {})
    },
  )
  for await (const _ of stream);
}
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
