import type { ReserveAnswer, ShortLeg } from '../../../src/ledger/answers.ts'
import type { Leg, PastDueRule, Reserve, Snapshot } from '../../../src/ledger/commands.ts'
import type { Balance } from '../../../src/ledger/reads.ts'
import { ModelState } from './ModelState.ts'

/** Adds unpaid renewals to the model's state. */
export class PastDueModel extends ModelState {
  pastDueSince: number | null = null
  /** Maps each attempt that used the default plan's grant to the period of the grant. */
  freeAttempts = new Map<string, string>()

  /** Returns the time at which the reported subscription became past due, or null if it isn't past due. */
  nextPastDueSince({ subscription: reported }: Snapshot): number | null {
    const payment = reported?.payment
    if (!reported || !payment) return null
    const { unpaidSince, settledFor } = payment
    if (reported.isFree) return unpaidSince
    const isSame = this.snapshot?.subscription?.id === reported.id
    const before = isSame ? this.pastDueSince : null
    const isSettled = before !== null && settledFor !== null && settledFor >= before
    const owed = [isSettled ? null : before, unpaidSince].filter((it) => it !== null)
    const since = owed.length === 0 ? null : Math.min(...owed)
    if (reported.status === 'past_due') return since ?? reported.periodStart
    const isKnown = before !== null && !isSettled
    return isKnown || reported.status === 'cancellation_scheduled' ? since : null
  }

  pastDue() {
    const payment = this.snapshot?.subscription?.payment
    const since = this.pastDueSince
    if (!payment || since === null) return null
    const forMs = Math.max(0, this.now - since, payment.reportedAt - since)
    return { since, forMs, hasGrace: payment.hasPaid }
  }

  /** Returns the usage that a past due rule allows the customer. */
  allowed(rule: PastDueRule | undefined): 'all' | 'free' | 'none' | 'noOverage' {
    const pastDue = this.pastDue()
    if (!rule || !pastDue || (pastDue.hasGrace && pastDue.forMs < rule.graceMs)) return 'all'
    return this.snapshot?.subscription?.isFree ? 'noOverage' : rule.leaves
  }

  /** Returns whether a payment could make up the shortage on these legs. */
  isOverdue({ legs, pastDue: rule }: Reserve, short: ShortLeg[]): boolean {
    const allowed = this.allowed(rule)
    const features = this.snapshot?.subscription?.features ?? []
    const isShort = ({ meter }: Leg) => short.some((it) => it.meter === meter)
    const lacksOverage = legs.some((leg) => isShort(leg) && features.includes(leg.overageWith ?? ''))
    return short.length > 0 && (allowed === 'free' || (allowed === 'noOverage' && lacksOverage))
  }

  overdue({ pastDue: rule }: Reserve, legs: ShortLeg[]): ReserveAnswer {
    const { since, hasGrace } = this.pastDue() ?? { since: 0, hasGrace: false }
    const graceEndsAt = since + (hasGrace ? (rule?.graceMs ?? 0) : 0)
    return { state: 'pastDue', legs, since, graceEndsAt, asOf: this.snapshot?.at ?? 0 }
  }

  /** Returns a name for the subscription and period whose free grant is in use. */
  freePeriod(): string {
    const { id, periodStart } = this.snapshot?.subscription ?? {}
    return `${id}/${periodStart}`
  }

  /** Returns a meter's balance for a customer who can use only the default plan's grant. */
  free(meter: string): Balance {
    const { subscription } = this.snapshot ?? {}
    const held = this.held(subscription?.id ?? '', meter)
    const account = this.account(subscription?.id ?? '', meter)
    const used = Math.max(
      0,
      account.limit + account.adjusted - this.withoutHolds(meter) - account.usedAtFirstSight,
    )
    const limit = subscription?.freePlan?.grants[meter] ?? 0
    const parked = this.parked(meter, subscription?.id)
    return { meter, available: limit - used - held, held, used, limit, adjusted: 0, parked }
  }
}
