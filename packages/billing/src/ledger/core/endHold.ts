import type { LedgerSettings } from '../ledgerOptions.ts'
import { returnToBudgets } from './budgets.ts'
import type { Draft } from './draft.ts'
import type { HoldRow } from './rows.ts'

/**
 * Ends a hold. If the hold still has units, returns them to the customer.
 *
 * Removes the row of a settled or released hold. Keeps the row of an expired hold for `holdRetentionMs`,
 * because a late settle or a retry under the same key needs the row.
 */
export function endHold(
  draft: Draft,
  hold: HoldRow,
  state: 'settled' | 'released' | 'expired',
  { holdRetentionMs }: LedgerSettings,
): void {
  if (hold.state === 'held') returnUnits(draft, hold)
  if (state === 'expired') draft.writeHold(hold, { state, pruneAt: draft.now + holdRetentionMs })
  else draft.removeHold(hold)
}

/**
 * Returns a hold's units to the customer. Only this function subtracts units from `held`. The caller must
 * then end the hold or set the amounts of its legs to 0, so that the units are returned only once.
 */
export function returnUnits(draft: Draft, { subscription, legs }: HoldRow): void {
  for (const leg of legs) {
    const account = draft.account(subscription, leg.meter)
    draft.writeAccount(account, { held: account.held - leg.amount })
    returnToBudgets(draft, leg)
  }
}
