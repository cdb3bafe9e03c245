import type { LedgerSettings } from '../ledgerOptions.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import { endHold, returnUnits } from './endHold.ts'
import type { HoldRow } from './rows.ts'

/**
 * Returns whether the hold is due: its expiry time has passed, or it is later than now plus the hold's
 * maximum lifetime, because the clock has stepped backward. `customersWithDueHolds` applies the same rule in
 * SQL.
 */
export const isDue = ({ state, expiresAt, maxHoldMs }: HoldRow, now: number) =>
  state === 'held' && (expiresAt <= now || expiresAt > now + maxHoldMs)

/**
 * Ends an abandoned hold. Books the units that its work has counted. Of the other legs, books those whose `onExpiry` is
 * `settle`, and returns their units otherwise.
 *
 * If the work still renews a hold that has reached its maximum lifetime, returns the held units instead, and the count
 * stays. If it were booked now, the rest of the work would be free, because a leg is booked only once.
 */
export function expireHold(draft: Draft, hold: HoldRow, settings: LedgerSettings): void {
  const booked = hold.legs.map((leg) => ({ ...leg, amount: unitsAtExpiry(hold, leg) }))
  if (hold.counted && hold.counted.liveUntil > draft.now) {
    returnUnits(draft, hold)
    // After a backward clock step, `liveUntil` can be far in the future.
    const liveUntil = Math.min(hold.counted.liveUntil, draft.now + hold.maxHoldMs)
    const legs = booked.filter(({ amount }) => amount > 0).map(({ meter, amount }) => ({ meter, amount }))
    draft.writeHold(hold, {
      expiresAt: liveUntil,
      legs: hold.legs.map((leg) => ({ ...leg, amount: 0 })),
      counted: { legs, liveUntil },
    })
    return
  }
  endHold(draft, hold, 'expired', settings)
  for (const leg of booked) {
    bookUsage(draft, { ...hold, ...leg, reference: null, properties: {}, flagged: 'expired' }, hold)
  }
}

/** Returns the units of a leg that expiry books: the counted units, whatever `onExpiry` says, or else the held units. */
export function unitsAtExpiry(
  { counted }: HoldRow,
  { meter, amount, onExpiry }: HoldRow['legs'][number],
): number {
  const count = counted?.legs.find((leg) => leg.meter === meter)
  return count?.amount ?? (onExpiry === 'settle' ? amount : 0)
}

/** Returns whether the hold has reached its maximum lifetime and holds no units anymore. A new leg holds at least one. */
export const hasReturnedUnits = ({ legs }: HoldRow): boolean => legs.every(({ amount }) => amount === 0)

/** Expires every due hold. Returns the number of holds that were due. */
export function expireDueHolds(draft: Draft, settings: LedgerSettings): number {
  const due = draft.holds().filter((hold) => isDue(hold, draft.now))
  for (const hold of due) expireHold(draft, hold, settings)
  return due.length
}
