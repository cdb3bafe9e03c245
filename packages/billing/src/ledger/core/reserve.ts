import type { ReserveAnswer, ShortLeg } from '../answers.ts'
import type { Leg, Reserve } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { answerRetry } from './answerRetry.ts'
import { available } from './available.ts'
import type { Draft } from './draft.ts'
import { expireDueHolds } from './expire.ts'
import { isPeriodChecked, isPeriodOver } from './period.ts'
import type { HoldRow } from './rows.ts'
import { snapshotAge } from './snapshotAge.ts'
import { claimKey } from './writeKey.ts'

/** Decides whether work can start. Holds the units of all legs or of none. */
export function reserve(draft: Draft, command: Reserve, settings: LedgerSettings): ReserveAnswer {
  // If the outcome of COMMIT is unknown, the batch runs again, and the attempt must get the same answer.
  const existing = draft.hold(command.attempt)
  if (existing) return heldAnswer(draft, existing)

  const retry = answerRetry(draft, command, settings)
  if (retry) return retry

  const { fetchedAt, snapshot } = draft.row
  if (fetchedAt === null) return { state: 'needsSnapshot', reason: 'none' }
  if (draft.now - fetchedAt > command.snapshotMaxStaleMs) return { state: 'needsSnapshot', reason: 'stale' }
  if (!snapshot) return { state: 'noSubscription', asOf: fetchedAt }
  if (isPeriodOver(draft.row, draft.now) && !isPeriodChecked(draft.row, draft.now) && !command.decisive) {
    return { state: 'needsSnapshot', reason: 'periodOver' }
  }

  // Before denying a call, expire abandoned holds to return their units.
  if (shortLegs(draft, snapshot, command.legs).length > 0 && expireDueHolds(draft, settings) > 0) {
    // One of the expired holds may belong to the previous attempt under this key, so check the key again.
    const retryAfterExpiry = answerRetry(draft, command, settings)
    if (retryAfterExpiry) return retryAfterExpiry
  }
  const legs = shortLegs(draft, snapshot, command.legs)
  if (legs.length > 0) return { state: 'short', legs, asOf: fetchedAt }

  const hold = createHold(draft, snapshot, command)
  claimKey(draft, command, settings)
  return heldAnswer(draft, hold)
}

type Subscription = Pick<NonNullable<Draft['row']['snapshot']>, 'id' | 'features'>

const hasFeature = ({ features }: Subscription, feature: string | null) =>
  feature !== null && features.includes(feature)

/**
 * Returns the legs that exceed the available units. Unlimited and overage legs skip this comparison, but
 * their units are held and booked as usual.
 */
function shortLegs(draft: Draft, subscription: Subscription, legs: Leg[]): ShortLeg[] {
  return legs.flatMap((leg) => {
    const { meter, amount, unlimitedBy, overageWith } = leg
    if (hasFeature(subscription, unlimitedBy) || hasFeature(subscription, overageWith)) return []
    const account = draft.account(subscription.id, meter)
    if (available(account) >= amount) return []
    const { held, ambiguous } = account
    return { meter, available: available(account), held, required: amount, ambiguous }
  })
}

function createHold(draft: Draft, subscription: Subscription, command: Reserve): HoldRow {
  for (const leg of command.legs) {
    const account = draft.account(subscription.id, leg.meter)
    draft.writeAccount(account, { held: account.held + leg.amount })
  }
  const hold: HoldRow = {
    customer: draft.row.customer,
    attempt: command.attempt,
    subscription: subscription.id,
    procedure: command.procedure,
    legs: command.legs.map(({ meter, amount, unlimitedBy, onExpiry, price }) => {
      return { meter, amount, unlimited: hasFeature(subscription, unlimitedBy), onExpiry, price }
    }),
    state: 'held',
    startedAt: draft.now,
    expiresAt: draft.now + Math.min(command.ttlMs, command.maxHoldMs),
    maxHoldMs: command.maxHoldMs,
    pruneAt: null,
    counted: null,
  }
  draft.writeHold(hold)
  return hold
}

function heldAnswer(draft: Draft, { subscription, state, expiresAt }: HoldRow): ReserveAnswer {
  return {
    state: 'held',
    subscription,
    expiresInMs: state === 'held' ? Math.max(0, expiresAt - draft.now) : 0,
    snapshotAgeMs: snapshotAge(draft.row.fetchedAt ?? draft.now, draft.now),
    periodOver: isPeriodOver(draft.row, draft.now),
  }
}
