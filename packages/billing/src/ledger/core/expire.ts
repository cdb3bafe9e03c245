import type { LedgerSettings } from '../ledgerOptions.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import { endHold, returnUnits } from './endHold.ts'
import type { HoldRow } from './rows.ts'

/**
 * Returns whether the hold is due. A hold is due if its expiry time has passed. After a backward clock step,
 * it is also due if its expiry time is later than now plus its maximum lifetime. `customersWithDueHolds`
 * applies the same rule in SQL.
 */
export const isDue = ({ state, expiresAt, maxHoldMs }: HoldRow, now: number) =>
  state === 'held' && (expiresAt <= now || expiresAt > now + maxHoldMs)

/**
 * Ends an abandoned hold. If a leg has counted units, books these units. Otherwise, `onExpiry` determines
 * whether the leg's held units are booked or returned.
 *
 * If a stream still renews a hold that has reached its maximum lifetime, returns the held units and keeps the
 * count. Booking the count now would make the rest of the stream free, because a leg is booked only once.
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
    const { meter, amount, price } = leg
    const usage = { ...hold, meter, amount, price, reference: null, properties: {}, flagged: 'expired' }
    bookUsage(draft, usage, hold)
  }
}

/**
 * Returns the units that expiry books for a leg: the counted units if there are any. If there are none,
 * returns the held units if `onExpiry` is `settle`, and 0 if it is `release`.
 */
function unitsAtExpiry({ counted }: HoldRow, { meter, amount, onExpiry }: HoldRow['legs'][number]): number {
  const count = counted?.legs.find((leg) => leg.meter === meter)
  return count?.amount ?? (onExpiry === 'settle' ? amount : 0)
}

/** Returns the meters on which the hold's expiry has booked units. */
export const bookedAtExpiry = (hold: HoldRow): string[] =>
  hold.legs.filter((leg) => unitsAtExpiry(hold, leg) > 0).map(({ meter }) => meter)

/**
 * Returns whether the hold's units were returned when the hold reached its maximum lifetime. Until then, each
 * leg holds at least one unit.
 */
export const hasReturnedUnits = ({ legs }: HoldRow): boolean => legs.every(({ amount }) => amount === 0)

/** Expires every due hold. Returns the number of holds that were due. */
export function expireDueHolds(draft: Draft, settings: LedgerSettings): number {
  const due = draft.holds().filter((hold) => isDue(hold, draft.now))
  for (const hold of due) expireHold(draft, hold, settings)
  return due.length
}
