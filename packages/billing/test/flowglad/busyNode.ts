import { writeSync } from 'node:fs'
import { aUser } from './meters.ts'
import { processBilling } from './processBilling.ts'

/**
 * Makes calls that spend one unit each until the process is killed. Prints a line for each successful call. Usage:
 * `busyNode <ledger file> <Flowglad URL> <parallel calls>`
 */
const [file = '', baseUrl = '', width = '1'] = process.argv.slice(2)

const billing = processBilling(file, baseUrl, {
  // Leases are short, so that the next node soon gets the killed node's lease.
  options: { flowgladDeadlineMs: 400, leaseMs: 500, deliverMaxPauseMs: 50 },
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
