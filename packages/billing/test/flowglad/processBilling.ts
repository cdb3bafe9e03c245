import { silent } from '../../src/config/logger.ts'
import { type BillingOptions, type CustomerAlert, createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from './meters.ts'

interface Given {
  autoStart?: boolean
  options?: Partial<BillingOptions>
  onAlert?: (alert: CustomerAlert) => unknown
}

/** Creates billing in a process that a test starts. The ledger is a SQLite file. */
export const processBilling = (file: string, baseUrl: string, { options, ...given }: Given = {}) =>
  createBilling({
    meters,
    ledger: sqliteLedger(file),
    flowglad: { secretKey: 'sk_test_local', baseUrl },
    customer: () => aUser(),
    publicUrl: 'http://localhost',
    logger: silent,
    ...given,
    options: { deliverAfterMs: 0, deliverEveryMs: 20, ...options },
  })
