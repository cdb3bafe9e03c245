import type { LedgerSettings } from '../ledgerOptions.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import { endHold } from './endHold.ts'
import type { HoldRow } from './rows.ts'

export const isDue = (hold: HoldRow, now: number) => hold.state === 'held' && hold.expiresAt <= now

/** Returns the units of an abandoned hold, or books them on meters whose work costs money even if the process died. */
export function expireHold(draft: Draft, hold: HoldRow, settings: LedgerSettings): void {
  endHold(draft, hold, 'expired', settings)
  for (const leg of hold.legs) {
    if (leg.onExpiry === 'release') continue
    bookUsage(draft, { ...hold, ...leg, reference: null, properties: {}, flagged: 'expired' }, hold)
  }
}

/** Expires every hold that is past its expiry time. Returns how many there were. */
export function expireDueHolds(draft: Draft, settings: LedgerSettings): number {
  const due = draft.holds().filter((hold) => isDue(hold, draft.now))
  for (const hold of due) expireHold(draft, hold, settings)
  return due.length
}
