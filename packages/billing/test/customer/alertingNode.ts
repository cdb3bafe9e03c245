import { aUser } from '../flowglad/meters.ts'
import { processBilling } from '../flowglad/processBilling.ts'

/**
 * Uses 80% of a grant, and waits at `point`, where the test kills the process. Prints the ID of the alert that `onAlert`
 * receives, or `spent`. Usage: `alertingNode <ledger file> <Flowglad URL> <point>`
 */
const [file = '', baseUrl = '', point = ''] = process.argv.slice(2)

const billing = processBilling(file, baseUrl, {
  // Only `start` starts delivering alerts.
  autoStart: false,
  options: { decisionMs: 20_000 },
  onAlert({ id }) {
    console.log(id)
    return new Promise(() => {})
  },
})
setInterval(() => {}, 1_000)
if (point === 'during onAlert') await billing.start()
await billing.meter({ customer: aUser(), meter: 'generations', amount: 8 }, () => 'done')
if (point === 'before onAlert') console.log('spent')
