import { aUser } from '../flowglad/meters.ts'
import { processBilling } from '../flowglad/processBilling.ts'

/**
 * Creates billing and never closes it. The action `call` makes a metered call. The action `start` only starts
 * billing. Usage: `oneNode <ledger file> <Flowglad URL> <call|start>`
 */
const [file = '', baseUrl = '', action = ''] = process.argv.slice(2)

const billing = processBilling(file, baseUrl, { options: { decisionMs: 20_000 } })
if (action === 'start') await billing.start()
else await billing.meter({ customer: aUser(), meter: 'tokens' }, () => 'done')
console.log('ready')
