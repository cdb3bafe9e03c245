import type { LedgerSettings } from '../ledgerOptions.ts'
import type { AlertRow } from './alertRow.ts'
import { availableWithoutHolds } from './available.ts'
import type { BudgetRow } from './budgetRow.ts'
import type { Draft } from './draft.ts'
import type { AccountRow } from './rows.ts'

/**
 * Invariant: each threshold of a budget or of a plan's grant has at most one alert per window and limit. The alert's ID
 * enforces this: the store ignores an alert whose ID exists. `alerted` avoids most attempts to add such an alert.
 */

/** Raises an alert for each threshold that the last command has reached. */
export function raiseAlerts(draft: Draft, settings: Pick<LedgerSettings, 'grantThresholds'>): void {
  const { accounts, budgets } = draft.takeUnchecked()
  for (const account of accounts) raiseForGrant(draft, account, settings.grantThresholds)
  for (const budget of budgets) raiseForBudget(draft, budget)
}

function raiseForBudget(draft: Draft, budget: BudgetRow): void {
  const { id, instance, meter, scope, window, timeZone, mode, limit, used, windowStart, windowEnd } = budget
  const passed = passedThresholds(budget.thresholds, budget)
  if (!passed) return
  draft.writeBudget(budget, { alerted: passed.highest })
  for (const threshold of passed.added) {
    addAlert(draft, {
      id: ['budget', instance, windowStart, limit, threshold].join(':'),
      meter,
      threshold,
      used,
      limit,
      resetsAt: windowEnd,
      budget: { id, scope, window, timeZone, mode },
    })
  }
}

function raiseForGrant(draft: Draft, account: AccountRow, thresholds: readonly number[]): void {
  const { meter, subscription, period, alerted, unlimited } = account
  if (period === '' || unlimited === 1 || subscription !== draft.row.subscription) return
  const limit = account.limit + account.adjusted
  const used = limit - availableWithoutHolds(account)
  const passed = passedThresholds(thresholds, { used, limit, alerted })
  // A grant of 0 units has no alerts.
  if (!passed || limit <= 0) return
  draft.writeAccount(account, { alerted: passed.highest })
  for (const threshold of passed.added) {
    addAlert(draft, {
      id: ['grant', subscription, meter, period, limit, threshold].join(':'),
      meter,
      threshold,
      used,
      limit,
      resetsAt: draft.row.snapshot?.periodEnd ?? null,
      budget: null,
    })
  }
}

/**
 * Returns the highest threshold that the units have reached, and all reached thresholds above `alerted`. Returns null
 * if the highest reached threshold is still `alerted`. If the limit was raised, the highest reached threshold can be
 * lower than `alerted`, and the units can reach the thresholds above it again.
 */
function passedThresholds(
  thresholds: readonly number[],
  { used, limit, alerted }: { used: number; limit: number; alerted: number },
): { highest: number; added: number[] } | null {
  const reached = thresholds.filter((threshold) => used > 0 && used * 100 >= threshold * limit)
  const highest = Math.max(0, ...reached)
  return highest === alerted ? null : { highest, added: reached.filter((threshold) => threshold > alerted) }
}

function addAlert(draft: Draft, alert: Omit<AlertRow, 'customer' | 'at' | 'deliverAt' | 'deliveries'>): void {
  const at = Math.max(draft.now, draft.row.lastAlertAt + 1)
  draft.writeCustomer({ lastAlertAt: at })
  draft.addAlert({ ...alert, customer: draft.row.customer, at, deliverAt: draft.now, deliveries: 0 })
}
