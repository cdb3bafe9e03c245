import type { LedgerSettings } from '../ledgerOptions.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import { endHold } from './endHold.ts'
import type { HoldRow } from './rows.ts'

/**
 * Returns whether the hold is due: its expiry time has passed, or it is later than now plus the hold's
 * maximum lifetime, because the clock has stepped backward. `customersWithDueHolds` applies the same rule in
 * SQL.
 */
export const isDue = ({ state, expiresAt, maxHoldMs }: HoldRow, now: number) =>
  state === 'held' && (expiresAt <= now || expiresAt > now + maxHoldMs)

/**
 * Ends an abandoned hold. Books the units of meters whose `onExpiry` is `settle`, and returns the other
 * units.
 */
export function expireHold(draft: Draft, hold: HoldRow, settings: LedgerSettings): void {
  endHold(draft, hold, 'expired', settings)
  for (const leg of hold.legs) {
    if (leg.onExpiry === 'release') continue
    bookUsage(draft, { ...hold, ...leg, reference: null, properties: {}, flagged: 'expired' }, hold)
  }
}

/** Expires every due hold. Returns the number of expired holds. */
export function expireDueHolds(draft: Draft, settings: LedgerSettings): number {
  const due = draft.holds().filter((hold) => isDue(hold, draft.now))
  for (const hold of due) expireHold(draft, hold, settings)
  return due.length
}
