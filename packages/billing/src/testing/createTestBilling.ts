import type { BillingSetup } from '../billingSetup.ts'
import { silent } from '../config/logger.ts'
import type { Customer } from '../contract/customer.ts'
import type { Meters } from '../contract/meters.ts'
import { createBilling } from '../createBilling.ts'
import { sqliteLedger } from '../ledger/stores/sqlite/sqliteLedger.ts'

/**
 * Creates a billing instance for an app's tests. The instance uses the real implementation with an in-memory
 * ledger. The instance logs nothing, and does no background work until you call `billing.start()`. Call
 * `billing.drain()` to deliver usage and alerts. After `billing.start()`, usage is delivered without the usual wait.
 * `flowglad` can be any server with Flowglad's API, such as `flowglad-local`:
 *
 *     const { url, key } = await startFlowgladLocal({ pricing })
 *     await using billing = createTestBilling({ meters, customer: (ctx: { user: User }) => ctx.user, flowglad: { url, key } })
 */
export function createTestBilling<const M extends Meters, Ctx extends object>({
  flowglad: { url, key },
  ...setup
}: Omit<BillingSetup<M, Ctx>, 'ledger' | 'flowglad' | 'publicUrl'> & {
  flowglad: { url: string; key: string }
}) {
  const { clock } = setup
  return createBilling<M, Ctx>({
    publicUrl: 'http://localhost',
    ledger: sqliteLedger(':memory:', clock ? { clock } : {}),
    flowglad: { secretKey: key, baseUrl: url },
    autoStart: false,
    logger: silent,
    ...setup,
    options: { deliverAfterMs: 0, ...setup.options },
  })
}

/** Returns a customer. Pass only the fields that matter to the test. */
export const aCustomer = (given: Partial<Customer> = {}): Customer => {
  const id = given.id ?? 'ada'
  return { id, name: id, email: `${id}@example.com`, ...given }
}
