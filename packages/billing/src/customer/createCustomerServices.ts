import type { Clock } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { CustomerAlert } from '../contract/alerts.ts'
import type { Meters } from '../contract/meters.ts'
import type { connectFlowglad } from '../flowglad/connectFlowglad.ts'
import type { Ledger, LedgerForCalls } from '../ledger/ledger.ts'
import type { PastDueTerms } from '../metering/pastDueTerms.ts'
import { createAccounts } from './accounts.ts'
import { AlertDelivery } from './alertDelivery.ts'
import { createAlerts } from './alerts.ts'
import { createBudgets } from './budgets.ts'
import { createPlans } from './plans.ts'
import { customerLedger } from './usableBalances.ts'
import { Watchers } from './watchers.ts'

interface Parts extends Pick<ReturnType<typeof connectFlowglad>, 'flowglad' | 'leases' | 'sync' | 'catalog'> {
  ledger: Ledger
  callLedger: LedgerForCalls
  meters: Meters
  /** The clock for dates. It can step. */
  wallClock: Clock
  clock: Clock
  options: BillingOptions
  logger: Logger
  pastDue: PastDueTerms
  upgradeUrl: string
  publicUrl: string | undefined
  returnPaths: { success: string; cancelled: string }
  onAlert: ((alert: CustomerAlert) => unknown) | undefined
}

/** Creates the parts that read and change customers' data. */
export function createCustomerServices(parts: Parts) {
  const { ledger, callLedger, meters, wallClock, options, logger, pastDue, onAlert, ...others } = parts
  const shownLedger = customerLedger(callLedger, meters, pastDue)
  const accounts = createAccounts({ ...others, ledger: shownLedger, meters, options })
  const read = (id: string) => accounts.read({ id })
  const watchers = new Watchers({ ledger, read, clock: wallClock, options, logger })
  return {
    shownLedger,
    accounts,
    watchers,
    alerts: createAlerts({ ledger: callLedger, watchers }),
    alertDelivery: new AlertDelivery({ ledger, onAlert, clock: parts.clock, options, logger }),
    plans: createPlans({
      ...others,
      ledger: shownLedger,
      fullLedger: callLedger,
      meters,
      wallClock,
      options,
    }),
    budgets: createBudgets({ ledger: callLedger, meters, clock: wallClock, fetchPeriod: accounts.balances }),
  }
}
