import { accounting } from './accounting.ts'
import { acts } from './acts.ts'
import { adjustments } from './adjustments.ts'
import { alertDeliveries, alerts } from './alerts.ts'
import { audits } from './audits.ts'
import { badInput } from './badInput.ts'
import { budgets } from './budgets.ts'
import { budgetWindows } from './budgetWindows.ts'
import { clockSteps } from './clockSteps.ts'
import { counts } from './counts.ts'
import { delivery } from './delivery.ts'
import { denials } from './denials.ts'
import { dimensions } from './dimensions.ts'
import { growth } from './growth.ts'
import { guarantees } from './guarantees.ts'
import { holds } from './holds.ts'
import { keptResults } from './keptResults.ts'
import { keys } from './keys.ts'
import { knownRows } from './knownRows.ts'
import { lease } from './lease.ts'
import { onCommit } from './onCommit.ts'
import type { OpenLedger } from './openLedger.ts'
import { pastDue } from './pastDue.ts'
import { pendingWork } from './pendingWork.ts'
import { planBudgets } from './planBudgets.ts'
import { restore } from './restore.ts'
import { scopedBudgets } from './scopedBudgets.ts'
import { snapshots } from './snapshots.ts'
import { limits, unlimited } from './unlimited.ts'
import { usage } from './usage.ts'

const parts = [
  guarantees,
  holds,
  counts,
  keys,
  keptResults,
  lease,
  accounting,
  delivery,
  snapshots,
  unlimited,
  limits,
  pastDue,
  clockSteps,
  badInput,
  growth,
  knownRows,
  restore,
  pendingWork,
  onCommit,
  acts,
  adjustments,
  audits,
  budgets,
  budgetWindows,
  scopedBudgets,
  planBudgets,
  alerts,
  alertDeliveries,
  denials,
  usage,
  dimensions,
]

/** Tests the guarantees that every store must provide. */
export function ledgerContract(open: OpenLedger): void {
  for (const part of parts) part(open)
}
