import type { UsageDay } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'
import { benefitFeatures } from './benefitsOf.ts'
import { monthsIn } from './interval.ts'
import type { Offer } from './offers.ts'
import { familyOf } from './planFamilies.ts'
import { monthlyPriceOf } from './priceOf.ts'

/** The largest share of a grant that usage may take. Above this share, the customer would soon need a larger plan. */
const roomyShare = 0.8

export interface Recommendation {
  priceSlug: string
  /** The reason, in a few words. */
  why: string
}

/**
 * Returns the plan to recommend. Considers paid plans that have every feature and cost at least as much as the current
 * plan. Among those with room to grow, recommends the one that costs least for a month's usage. If no plan has room,
 * recommends the largest. If a plan below the current plan is large enough, recommends none.
 */
export function recommendedPlan(
  plans: Offer[],
  current: Offer | undefined,
  usage: UsageDay<Meter>[],
): Recommendation | null {
  const paid = plans.filter(
    (plan) => !plan.isFree && (!current || monthlyPriceOf(plan) >= monthlyPriceOf(current)),
  )
  const most = Math.max(...paid.map((plan) => benefitFeatures(plan).length))
  const complete = paid.filter((plan) => benefitFeatures(plan).length === most)
  const used = totals(usage)
  const roomy = complete
    .filter((plan) => hasRoom(plan, used))
    .sort((a, b) => monthlyCost(a, used) - monthlyCost(b, used))[0]
  if (roomy === undefined) {
    const largest = complete.sort((a, b) => monthlyPriceOf(b) - monthlyPriceOf(a))[0]
    return largest ? { priceSlug: largest.priceSlug, why: 'The most room for your usage' } : null
  }
  // The customer already has this plan with a different interval.
  if (current && familyOf(roomy) === familyOf(current) && roomy.priceSlug !== current.priceSlug) return null
  const isBetter = (plan: Offer) =>
    !plan.isFree &&
    benefitFeatures(plan).length >= most &&
    hasRoom(plan, used) &&
    monthlyCost(plan, used) < monthlyCost(roomy, used)
  // A cheaper plan has the same benefits, so there is no reason to recommend this plan.
  if (plans.some(isBetter)) return null
  if (used.size > 0) {
    // A plan that needs extra units isn't “enough” for the usage, but can still cost the least.
    const needsExtra = monthlyCost(roomy, used) > monthlyPriceOf(roomy)
    const why = needsExtra
      ? 'The lowest cost for your last 30 days of usage'
      : 'Enough for your last 30 days of usage'
    return { priceSlug: roomy.priceSlug, why }
  }
  // Without usage, there is no reason to recommend the plan that the customer already pays for.
  if (roomy.priceSlug === current?.priceSlug) return null
  return {
    priceSlug: roomy.priceSlug,
    why: most > 0 ? 'Every feature at the lowest price' : 'The lowest price',
  }
}

function totals(usage: UsageDay<Meter>[]): Map<Meter, number> {
  const used = new Map<Meter, number>()
  for (const { meter, amount } of usage) if (amount > 0) used.set(meter, (used.get(meter) ?? 0) + amount)
  return used
}

/** Returns whether the plan includes enough units, or allows extra units. */
const hasRoom = (plan: Offer, used: Map<Meter, number>) =>
  [...used].every(
    ([meter, amount]) =>
      plan.unlimited.includes(meter) ||
      plan.overage.some((extra) => extra.meter === meter) ||
      amount <= monthlyUnits(plan, meter) * roomyShare,
  )

/** Returns the plan's price per month, including the extra units that this usage needs. */
const monthlyCost = (plan: Offer, used: Map<Meter, number>) =>
  plan.overage.reduce((cost, { meter, unitPrice, perUnits }) => {
    const extra = Math.max(0, (used.get(meter) ?? 0) - monthlyUnits(plan, meter))
    return cost + Math.ceil(extra / perUnits) * unitPrice
  }, monthlyPriceOf(plan))

function monthlyUnits({ grants, interval }: Offer, meter: Meter): number {
  const units = grants
    .filter((grant) => grant.meter === meter && grant.renews)
    .reduce((sum, { amount }) => sum + amount, 0)
  return interval ? units / monthsIn(interval) : units
}
