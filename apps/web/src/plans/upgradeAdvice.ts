import type { PlanSummary } from '@metered/billing/client'
import { formatDay } from '../format/format.ts'
import { nextOffer, type Offer } from './offers.ts'

interface UpgradeAdvice {
  offers: Offer[] | undefined
  plan: PlanSummary | null | undefined
  /** When the meter's grants renew, in epoch milliseconds; null when they do not. */
  renewsAt: number | null
  /** What an upgrade is for, as in `Upgrade to go on`. */
  goal: string
}

/** What somebody can do who is out of a meter's credits, in a sentence. An upgrade is only spoken of where there is a larger plan. */
export function upgradeAdvice({ offers, plan, renewsAt, goal }: UpgradeAdvice): string {
  if (plan === null) return `Choose a plan to ${goal}.`
  const renewal = renewsAt === null ? null : `renew on ${formatDay(renewsAt)}`
  if (offers === undefined || nextOffer(offers, plan))
    return renewal === null ? `Upgrade to ${goal}.` : `Upgrade to ${goal}, or wait until they ${renewal}.`
  return renewal === null ? '' : `They ${renewal}.`
}
