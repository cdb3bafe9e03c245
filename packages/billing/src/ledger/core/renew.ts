import type { RenewAnswer } from '../answers.ts'
import type { Renew } from '../commands.ts'
import type { Draft } from './draft.ts'
import { bookedAtExpiry, hasReturnedUnits } from './expire.ts'
import type { HoldRow } from './rows.ts'

/**
 * Extends a hold, up to its maximum lifetime, and stores the units that the work has counted so far. A hold in
 * state `held` is extended even if its expiry time has passed. A hold that has ended can't be renewed.
 *
 * A running stream can renew its hold beyond the maximum lifetime. In that case, expiry returns the held
 * units, but books the count only after the renewals have stopped.
 */
export function renew(draft: Draft, { attempt, ttlMs, counted }: Renew): RenewAnswer {
  const hold = draft.hold(attempt)
  if (hold?.state !== 'held') return { state: 'ended', booked: hold ? bookedAtExpiry(hold) : [] }
  // If the clock has stepped backward, `startedAt` can be in the future, and would extend the hold's maximum
  // lifetime.
  const startedAt = Math.min(hold.startedAt, draft.now)
  const latest = startedAt + hold.maxHoldMs
  const liveUntil = draft.now + Math.min(ttlMs, hold.maxHoldMs)
  const expiresAt = hasReturnedUnits(hold) ? liveUntil : Math.min(liveUntil, latest)
  const isStream = counted !== null || hold.counted !== null
  const legs = countedLegs(hold, counted)
  draft.writeHold(hold, { startedAt, expiresAt, counted: isStream ? { legs, liveUntil } : null })
  if (isStream) return { state: 'renewed', expiresInMs: liveUntil - draft.now }
  const expiresInMs = Math.max(0, expiresAt - draft.now)
  return { state: expiresAt === latest ? 'atMaximum' : 'renewed', expiresInMs }
}

function countedLegs(hold: HoldRow, counted: Renew['counted']) {
  const before = hold.counted?.legs ?? []
  if (counted === null) return before
  const legs = counted.filter(({ meter }) => hold.legs.some((leg) => leg.meter === meter))
  if (!hasReturnedUnits(hold)) return legs
  // After the units are returned, the stored count also has entries for legs that settle on expiry, even if
  // no units were counted for them. Keep these entries.
  return [...legs, ...before.filter(({ meter }) => !legs.some((leg) => leg.meter === meter))]
}
