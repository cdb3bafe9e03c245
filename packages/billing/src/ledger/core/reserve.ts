import type { ReserveAnswer, ShortLeg } from '../answers.ts'
import type { Reserve } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { answerRetry } from './answerRetry.ts'
import { holdInBudgets, overBudget } from './budgets.ts'
import type { Draft } from './draft.ts'
import { expireDueHolds } from './expire.ts'
import { claimLabels } from './labels.ts'
import { allowanceOf, pastDueOf } from './pastDue.ts'
import { isOutdated, needsFetch } from './period.ts'
import type { HoldRow } from './rows.ts'
import { type Allowed, isUnlimited, lackOverage, type Subscription, shortLegs } from './shortLegs.ts'
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
  if (!command.decisive && needsFetch(draft.row, draft.now)) {
    return { state: 'needsSnapshot', reason: 'outdated' }
  }

  const allowance = allowanceOf(command.pastDue, pastDueOf(snapshot, draft.now), snapshot)
  if (allowance.allowed === 'none') return pastDueAnswer(allowance, [], fetchedAt)
  const { allowed } = allowance

  const deny = (): ReserveAnswer | null => {
    const legs = shortLegs(draft, snapshot, command.legs, allowed)
    if (legs.length > 0) {
      const isOverdue = allowed === 'free' || lackOverage(snapshot, command.legs, legs)
      return allowance.allowed !== 'all' && isOverdue
        ? pastDueAnswer(allowance, legs, fetchedAt)
        : { state: 'short', legs, asOf: fetchedAt }
    }
    const budgets = overBudget(draft, command.legs)
    return budgets.length > 0 ? { state: 'overBudget', budgets } : null
  }
  let denial = deny()
  // Before denying a call, expire abandoned holds to return their units.
  if (denial && expireDueHolds(draft, settings) > 0) {
    // One of the expired holds may belong to the previous attempt under this key, so check the key again.
    const retryAfterExpiry = answerRetry(draft, command, settings)
    if (retryAfterExpiry) return retryAfterExpiry
    denial = deny()
  }
  if (denial) return denial

  const hold = createHold(draft, snapshot, command, allowed)
  claimKey(draft, command, settings)
  return heldAnswer(draft, hold)
}

const pastDueAnswer = (
  { since, graceEndsAt }: { since: number; graceEndsAt: number },
  legs: ShortLeg[],
  asOf: number,
): ReserveAnswer => ({ state: 'pastDue', legs, since, graceEndsAt, asOf })

function createHold(draft: Draft, subscription: Subscription, command: Reserve, allowed: Allowed): HoldRow {
  for (const leg of command.legs) {
    const account = draft.account(subscription.id, leg.meter)
    draft.writeAccount(account, { held: account.held + leg.amount })
  }
  const hold: HoldRow = {
    customer: draft.row.customer,
    attempt: command.attempt,
    subscription: subscription.id,
    procedure: command.procedure,
    legs: command.legs.map((leg) => {
      const { meter, amount, onExpiry, price } = leg
      const budgets = holdInBudgets(draft, leg)
      const held = { meter, amount, unlimited: isUnlimited(subscription, leg, allowed), onExpiry, price }
      const labels = claimLabels(draft, meter, leg.labels)
      return {
        ...held,
        ...(budgets.length > 0 ? { budgets } : {}),
        ...(labels.length > 0 ? { labels } : {}),
      }
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
    outdated: isOutdated(draft.row, draft.now),
  }
}
