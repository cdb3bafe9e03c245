import type { Leg, Reserve, ReserveAnswer, ShortLeg } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { available } from './available.ts'
import { isPeriodChecked, isPeriodOver } from './customerBalances.ts'
import type { Draft } from './draft.ts'
import { expireDueHolds } from './holds.ts'
import { keyAnswer, takeKey } from './keys.ts'

/** Decides whether work may start, and holds its units: all legs or none. */
export function reserve(draft: Draft, command: Reserve, settings: LedgerSettings): ReserveAnswer {
  const mine = draft.hold(command.attempt)
  if (mine) return heldAnswer(draft, mine.subscription, mine.state === 'held' ? mine.expiresAt : draft.now)

  const byKey = keyAnswer(draft, command, settings)
  if (byKey) return byKey

  const { fetchedAt, snapshot } = draft.row
  if (fetchedAt === null) return { state: 'needsSnapshot', reason: 'none' }
  if (draft.now - fetchedAt > command.snapshotMaxStaleMs) return { state: 'needsSnapshot', reason: 'stale' }
  if (!snapshot) return { state: 'noSubscription', asOf: fetchedAt }
  if (isPeriodOver(draft.row, draft.now) && !isPeriodChecked(draft.row) && !command.decisive) {
    return { state: 'needsSnapshot', reason: 'periodOver' }
  }

  const features = new Set(snapshot.features)
  const short = () => command.legs.flatMap((leg) => shortLeg(draft, snapshot.id, leg, features))
  // Units of the dead are given back before anybody is refused.
  if (short().length > 0 && expireDueHolds(draft, settings) > 0) {
    // A due hold may have been this key's; its fate is decided anew.
    const expired = keyAnswer(draft, command, settings)
    if (expired) return expired
  }
  const legs = short()
  if (legs.length > 0) return { state: 'short', legs, asOf: fetchedAt }

  hold(draft, snapshot.id, command, features)
  takeKey(draft, command, settings)
  const expiresAt = draft.now + Math.min(command.ttlMs, command.maxHoldMs)
  return heldAnswer(draft, snapshot.id, expiresAt)
}

const lifts = (feature: string | null, features: Set<string>) => feature !== null && features.has(feature)

/** Unlimited and overage take the same path as everybody; only this comparison is skipped. */
function shortLeg(draft: Draft, subscription: string, leg: Leg, features: Set<string>): ShortLeg[] {
  if (lifts(leg.unlimitedBy, features) || lifts(leg.overageWith, features)) return []
  const account = draft.account(subscription, leg.meter)
  if (available(account) >= leg.amount) return []
  const { held, ambiguous } = account
  return [{ meter: leg.meter, available: available(account), held, required: leg.amount, ambiguous }]
}

function hold(draft: Draft, subscription: string, command: Reserve, features: Set<string>): void {
  for (const leg of command.legs) {
    const account = draft.account(subscription, leg.meter)
    draft.writeAccount(account, { held: account.held + leg.amount })
  }
  draft.writeHold({
    customer: draft.row.customer,
    attempt: command.attempt,
    subscription,
    procedure: command.procedure,
    legs: command.legs.map(({ meter, amount, unlimitedBy, onExpiry, price }) => ({
      meter,
      amount,
      unlimited: lifts(unlimitedBy, features),
      onExpiry,
      price,
    })),
    state: 'held',
    startedAt: draft.now,
    expiresAt: draft.now + Math.min(command.ttlMs, command.maxHoldMs),
    maxHoldMs: command.maxHoldMs,
    pruneAt: null,
  })
}

const heldAnswer = (draft: Draft, subscription: string, expiresAt: number): ReserveAnswer => ({
  state: 'held',
  subscription,
  expiresInMs: Math.max(0, expiresAt - draft.now),
  snapshotAgeMs: Math.max(0, draft.now - (draft.row.fetchedAt ?? draft.now)),
  periodOver: isPeriodOver(draft.row, draft.now),
})
