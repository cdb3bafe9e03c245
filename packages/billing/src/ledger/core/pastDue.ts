import type { PastDueRule, Snapshot } from '../commands.ts'
import type { CustomerRow } from './rows.ts'

type Reported = NonNullable<Snapshot['subscription']>
type Stored = CustomerRow['snapshot']

const unpaidStatuses: ReadonlySet<string> = new Set([
  'past_due',
  'unpaid',
  'incomplete',
  'incomplete_expired',
])

/** Returns whether a subscription with this status has an unpaid invoice. */
const isUnpaid = (status: string): boolean => unpaidStatuses.has(status)

/**
 * Returns when the subscription's oldest unpaid renewal was due, or undefined if the subscription isn't past
 * due.
 *
 * The status alone isn't enough. Scheduling a cancellation replaces the status `past_due`, and resuming the
 * plan sets the status to `active`, although nothing has been paid. A subscription that was past due
 * therefore stays past due until an invoice for the unpaid period or a later one is settled.
 */
export function pastDueSince(stored: Stored, reported: Reported): number | undefined {
  const { id, status, isFree, doNotCharge, periodStart, payment } = reported
  if (doNotCharge) return undefined
  const settledFor = payment?.settledFor ?? Number.NEGATIVE_INFINITY
  const unpaidSince = payment?.unpaidSince ?? undefined
  // A free plan costs nothing, so only its overage can be unpaid. Ignore its status: at the first renewal,
  // Flowglad sets the status of a free plan without a card to `past_due`.
  if (isFree) return unpaidSince
  const remembered = stored?.id === id ? stored.pastDueSince : undefined
  const isSettled = payment ? remembered !== undefined && settledFor >= remembered : status === 'active'
  const kept = isSettled ? undefined : remembered
  const since = earlier(kept, unpaidSince)
  if (isUnpaid(status)) return since ?? periodStart ?? payment?.reportedAt ?? 0
  if (status === 'cancellation_scheduled') return since
  return kept === undefined ? undefined : since
}

const earlier = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** The state of a past-due subscription. */
export interface PastDueState {
  /** When the oldest unpaid renewal was due, in epoch milliseconds. */
  since: number
  /** How long the subscription has been past due. */
  forMs: number
  /** False if the customer has never paid for the subscription. */
  hasGrace: boolean
}

/** Returns the state of a past-due subscription, or null if the subscription isn't past due. */
export function pastDueOf(stored: Stored, now: number): PastDueState | null {
  if (stored?.pastDueSince === undefined) return null
  const { pastDueSince: since, payment } = stored
  // `reportedAt` can be later than `now` if Flowglad's clock is ahead or ours has stepped backward. In that
  // case, use `reportedAt` as the current time.
  const at = Math.max(now, payment?.reportedAt ?? now)
  return { since, forMs: Math.max(0, at - since), hasGrace: payment?.hasPaid ?? true }
}

/** Returns when the grace period ends, in epoch milliseconds. */
export const graceEndOf = ({ since, hasGrace }: PastDueState, graceMs: number): number =>
  since + (hasGrace ? graceMs : 0)

/** The part of the plan that a customer can use. Unless `allowed` is `all`, a renewal is overdue. */
export type Allowance =
  | { allowed: 'all' }
  /**
   * `free`: the default plan's grants. `none`: nothing. `noOverage`: all of a free plan except its overage, because
   * nothing else on a free plan costs money.
   */
  | { allowed: 'free' | 'none' | 'noOverage'; since: number; graceEndsAt: number }

/**
 * Returns what the customer can use: everything, unless the subscription is past due and its grace period is over.
 */
export function allowanceOf(
  rule: PastDueRule | undefined,
  pastDue: PastDueState | null,
  { isFree }: { isFree: boolean },
): Allowance {
  if (!rule || !pastDue || (pastDue.hasGrace && pastDue.forMs < rule.graceMs)) return { allowed: 'all' }
  const times = { since: pastDue.since, graceEndsAt: graceEndOf(pastDue, rule.graceMs) }
  if (isFree) return { allowed: 'noOverage', ...times }
  return { allowed: rule.leaves, ...times }
}
