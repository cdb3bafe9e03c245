import { silent } from '../../src/config/logger.ts'
import { createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from '../flowglad/meters.ts'

/**
 * Creates billing and never closes it. The action `call` makes a metered call. The action `start` only starts
 * billing. Usage: `oneNode <ledger file> <Flowglad URL> <call|start>`
 */
const [file = '', baseUrl = '', action = ''] = process.argv.slice(2)

const billing = createBilling({
  meters,
  ledger: sqliteLedger(file),
  flowglad: { secretKey: 'sk_test_local', baseUrl },
  customer: () => aUser(),
  publicUrl: 'http://localhost',
  logger: silent,
  options: { deliverAfterMs: 0, deliverEveryMs: 20, decisionMs: 20_000 },
})
if (action === 'start') await billing.start()
else await billing.meter({ customer: aUser(), meter: 'tokens' }, () => 'done')
console.log('ready')
