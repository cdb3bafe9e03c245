import type { BalancesAnswer, PlanOffer, PlanSummary } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'

export type Offer = PlanOffer<Meter>

/** Flowglad has not said yet whether there is a plan. */
export const isUnknown = ({ plan, asOf }: BalancesAnswer<Meter>) => plan === null && asOf === null

export function currentOffer(offers: Offer[] | undefined, plan: PlanSummary | null | undefined) {
  return plan
    ? offers?.find((offer) => offer.kind === 'plan' && offer.priceSlug === plan.priceSlug)
    : undefined
}

/** Plans, cheapest first. */
export function plansOf(offers: Offer[]): Offer[] {
  return offers.filter((offer) => offer.kind === 'plan').sort((a, b) => a.unitPrice - b.unitPrice)
}

/** The next plan up; none from the largest. */
export function nextOffer(offers: Offer[] | undefined, plan: PlanSummary | null | undefined) {
  const price = currentOffer(offers, plan)?.unitPrice ?? 0
  return plansOf(offers ?? []).find((offer) => offer.unitPrice > price)
}

/** What one can buy once to get more of a meter; nothing without a plan to add it to. */
export function packFor(offers: Offer[] | undefined, plan: PlanSummary | null | undefined, meter: Meter) {
  return plan
    ? offers?.find((offer) => offer.kind === 'pack' && offer.grants.some((grant) => grant.meter === meter))
    : undefined
}

export function grantOf(offer: Offer | undefined, meter: Meter): number {
  return offer?.grants.find((grant) => grant.meter === meter)?.amount ?? 0
}

/**
 * Units left of packs, which end with the subscription that they were bought for. Monthly credits are spent first, so of what is left the
 * pack's part is what the limit exceeds the plan's grant by, at most.
 */
export function packCredits(
  offers: Offer[] | undefined,
  answer: BalancesAnswer<Meter> | undefined,
): { meter: Meter; amount: number }[] {
  const current = currentOffer(offers, answer?.plan)
  if (!answer || !current) return []
  return answer.balances
    .map(({ meter, limit, available }) => ({
      meter,
      amount: Math.min(available ?? 0, (limit ?? 0) - grantOf(current, meter)),
    }))
    .filter(({ amount }) => amount > 0)
}

/** What an upgrade from the Free plan would leave behind of packs: it begins a new subscription. */
export function forfeitedBy(
  target: Offer,
  offers: Offer[] | undefined,
  answer: BalancesAnswer<Meter> | undefined,
): { meter: Meter; amount: number }[] {
  return target.kind === 'pack' || !answer?.plan?.isFree ? [] : packCredits(offers, answer)
}

/** Meters without a limit, to which this pack would add nothing; null when it adds something. */
export function uselessFor(pack: Offer, answer: BalancesAnswer<Meter> | undefined): Meter[] | null {
  const meters = pack.grants.map(({ meter }) => meter)
  const isUnlimited = (meter: Meter) => answer?.balances.some((row) => row.meter === meter && row.unlimited)
  return meters.length > 0 && meters.every(isUnlimited) ? meters : null
}
