import { silent } from '../../src/config/logger.ts'
import { createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from '../flowglad/meters.ts'

/**
 * Uses 80% of a grant, and waits at `point`, where the test kills the process. Prints the ID of the alert that `onAlert`
 * receives, or `spent`. Usage: `alertingNode <ledger file> <Flowglad URL> <point>`
 */
const [file = '', baseUrl = '', point = ''] = process.argv.slice(2)

const billing = createBilling({
  meters,
  ledger: sqliteLedger(file),
  flowglad: { secretKey: 'sk_test_local', baseUrl },
  customer: () => aUser(),
  publicUrl: 'http://localhost',
  // Only `start` starts the delivery of alerts.
  autoStart: false,
  logger: silent,
  options: { deliverAfterMs: 0, deliverEveryMs: 20, decisionMs: 20_000 },
  onAlert({ id }) {
    console.log(id)
    return new Promise(() => {})
  },
})
setInterval(() => {}, 1_000)
if (point === 'during onAlert') await billing.start()
await billing.meter({ customer: aUser(), meter: 'generations', amount: 8 }, () => 'done')
if (point === 'before onAlert') console.log('spent')
