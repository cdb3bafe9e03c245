import type { PlanSummary } from '@metered/billing/client'
import { formatDay } from '../format/format.ts'
import { nextOfCredits } from './nextOfCredits.ts'
import { freeOffer, isOverdue, isUnpaid, nextOffer, type Offer } from './offers.ts'

interface UpgradeAdvice {
  offers: Offer[] | undefined
  plan: PlanSummary | null | undefined
  /** The time when the meter's grants renew, in epoch milliseconds, or null if they don't renew. */
  renewsAt: number | null
  /** The words after `Upgrade to`, such as `continue`. */
  goal: string
}

/** Returns advice for a customer who is out of units. Mentions an upgrade only if there is a larger plan for sale. */
export function upgradeAdvice({ offers, plan, renewsAt, goal }: UpgradeAdvice): string {
  if (plan === null) return `Choose a plan to ${goal}.`
  if (isOverdue(plan)) {
    return plan?.cancelsAt == null
      ? `Pay for your plan to ${goal}.`
      : `Keep ${plan.name} and pay for it to ${goal}.`
  }
  const canUpgrade = !isUnpaid(plan) && (offers === undefined || nextOffer(offers, plan) !== undefined)
  const free = freeOffer(offers)
  if (plan?.cancelsAt != null) {
    const next = `${free?.name ?? 'the free plan'} starts on ${formatDay(plan.cancelsAt)}`
    return canUpgrade ? `Upgrade to ${goal}, or wait until ${next}.` : `You'll get new credits when ${next}.`
  }
  if (renewsAt === null) return canUpgrade ? `Upgrade to ${goal}.` : ''
  const renewal = `renew on ${formatDay(renewsAt)}`
  // The credits of an unpaid plan renew only if the customer pays.
  if (plan && nextOfCredits(plan, renewsAt).event === 'endUnpaid')
    return `If you pay for ${plan.name}, they ${renewal}.`
  return canUpgrade ? `Upgrade to ${goal}, or wait until they ${renewal}.` : `They ${renewal}.`
}
