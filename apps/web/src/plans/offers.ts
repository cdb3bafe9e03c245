import type { BalancesAnswer, PlanOffer, PlanSummary } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'
import { isSame } from './interval.ts'
import { familyOf } from './planFamilies.ts'
import { monthlyPriceOf } from './priceOf.ts'

export type Offer = PlanOffer<Meter>

/** Returns whether the customer's plan is unknown because Flowglad has not responded yet. */
export const isUnknown = ({ plan, asOf }: BalancesAnswer<Meter>) => plan === null && asOf === null

export function currentOffer(offers: Offer[] | undefined, plan: PlanSummary | null | undefined) {
  return plan
    ? offers?.find((offer) => offer.kind === 'plan' && offer.priceSlug === plan.priceSlug)
    : undefined
}

/** Returns the default plan, which follows a plan that ends. */
export const freeOffer = (offers: Offer[] | undefined) =>
  offers?.find((offer) => offer.kind === 'plan' && offer.isFree)

/**
 * Returns the plan whose credits the balances contain: the current plan, or the default plan while an overdue payment
 * restricts the current one.
 */
export const creditsOffer = (offers: Offer[] | undefined, plan: PlanSummary | null | undefined) =>
  plan?.pastDue?.state === 'free' ? freeOffer(offers) : currentOffer(offers, plan)

/** Returns the plans, cheapest first. */
export function plansOf(offers: Offer[]): Offer[] {
  return offers.filter((offer) => offer.kind === 'plan').sort((a, b) => monthlyPriceOf(a) - monthlyPriceOf(b))
}

/** Returns the next larger plan, with the current plan's interval if possible. Returns undefined for the largest plan. */
export function nextOffer(offers: Offer[] | undefined, plan: PlanSummary | null | undefined) {
  const current = currentOffer(offers, plan)
  const larger = plansOf(offers ?? []).filter((offer) =>
    current
      ? familyOf(offer) !== familyOf(current) && monthlyPriceOf(offer) > monthlyPriceOf(current)
      : offer.unitPrice > 0,
  )
  const interval = current?.interval
  return (interval && larger.find((offer) => offer.interval && isSame(offer.interval, interval))) ?? larger[0]
}

/**
 * Returns the name of the paid plan to which the customer can downgrade to keep the units from packs. A cancellation would
 * end these units. Returns null if there is no such plan, or if the server currently rejects changes between paid plans.
 */
export function planThatKeepsPacks(offers: Offer[] | undefined, plan: PlanSummary | null | undefined) {
  const current = currentOffer(offers, plan)
  if (!current || !plan || plan.pastDue !== undefined || plan.changesAt !== null) return null
  const smaller = plansOf(offers ?? []).findLast(
    (offer) =>
      !offer.isFree &&
      familyOf(offer) !== familyOf(current) &&
      monthlyPriceOf(offer) < monthlyPriceOf(current),
  )
  return smaller ? familyOf(smaller) : null
}

/**
 * Returns the pack that adds units to a meter. Returns undefined if the customer has no plan, or hasn't paid for it: the
 * pack's credits could end with the plan.
 */
export function packFor(offers: Offer[] | undefined, plan: PlanSummary | null | undefined, meter: Meter) {
  return plan && !isUnpaid(plan)
    ? offers?.find((offer) => offer.kind === 'pack' && offer.grants.some((grant) => grant.meter === meter))
    : undefined
}

export function grantOf(offer: Offer | undefined, meter: Meter): number {
  return offer?.grants.find((grant) => grant.meter === meter)?.amount ?? 0
}

/** Returns the pack's meters if all of them are already unlimited, or null if the pack adds units. */
export function uselessFor(pack: Offer, answer: BalancesAnswer<Meter> | undefined): Meter[] | null {
  const meters = pack.grants.map(({ meter }) => meter)
  const isUnlimited = (meter: Meter) => answer?.balances.some((row) => row.meter === meter && row.unlimited)
  return meters.length > 0 && meters.every(isUnlimited) ? meters : null
}

/** Returns whether an overdue payment restricts the plan. */
export const isOverdue = (plan: PlanSummary | null | undefined): boolean =>
  plan?.pastDue !== undefined && plan.pastDue.state !== 'grace'

/** Returns whether a payment for the customer's paid plan has failed, even if nothing is restricted yet. */
export const isUnpaid = (plan: PlanSummary | null | undefined): boolean =>
  plan?.pastDue !== undefined && !plan.isFree
