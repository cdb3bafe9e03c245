import { writeSync } from 'node:fs'
import { createBilling, sqliteLedger } from '../../src/index.ts'
import { aUser, meters } from './meters.ts'

/** Spends one unit again and again, several at a time, and writes a line for each success: `busyNode.ts <ledger file> <Flowglad> <at a time>`. */
const [file = '', baseUrl = '', width = '1'] = process.argv.slice(2)

const billing = createBilling({
  meters,
  ledger: sqliteLedger(file),
  flowglad: { secretKey: 'sk_test_local', baseUrl },
  customer: () => aUser(),
  publicUrl: 'http://localhost',
  options: {
    holdTtlMs: 500,
    flowgladDeadlineMs: 2_000,
    leaseMs: 3_000,
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
