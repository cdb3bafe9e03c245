import { writeSync } from 'node:fs'
import { silent } from '../../src/config/logger.ts'
import { createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from './meters.ts'

/**
 * Makes calls that spend one unit each until the process is killed. Prints a line for each successful call. Usage:
 * `busyNode <ledger file> <Flowglad URL> <parallel calls>`
 */
const [file = '', baseUrl = '', width = '1'] = process.argv.slice(2)

const billing = createBilling({
  meters,
  ledger: sqliteLedger(file),
  flowglad: { secretKey: 'sk_test_local', baseUrl },
  customer: () => aUser(),
  publicUrl: 'http://localhost',
  logger: silent,
  options: {
    // Leases are short, so that the next node soon gets the killed node's lease.
    flowgladDeadlineMs: 400,
    leaseMs: 500,
    deliverAfterMs: 0,
    deliverEveryMs: 20,
    deliverMaxPauseMs: 50,
  },
})
await billing.start()
await Promise.all(
  Array.from({ length: Number(width) }, async () => {
    for (;;) {
      await billing
        .meter({ customer: aUser(), meter: 'generations' }, () => 'done')
        .then(
          () => writeSync(1, 'answered\n'),
          () => {},
        )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }),
)
