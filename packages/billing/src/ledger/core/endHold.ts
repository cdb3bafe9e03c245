import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import type { HoldRow } from './rows.ts'

/**
 * Ends a hold. This is the only function that subtracts a hold's units from `held`, and it does so only
 * once per hold.
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
  if (hold.state === 'held') {
    for (const leg of hold.legs) {
      const account = draft.account(hold.subscription, leg.meter)
      draft.writeAccount(account, { held: account.held - leg.amount })
    }
  }
  if (state === 'expired') draft.writeHold(hold, { state, pruneAt: draft.now + holdRetentionMs })
  else draft.removeHold(hold)
}
