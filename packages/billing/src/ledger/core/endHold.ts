import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import type { HoldRow } from './rows.ts'

/**
 * Ends a hold. Its units leave `held` here and nowhere else, and only once.
 *
 * The row of a settled or released hold is removed. The row of an expired hold stays for a while: for a late settle, and to tell a
 * retry under its key what happened to the attempt.
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
