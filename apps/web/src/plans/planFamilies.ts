import { type Interval, isSame, monthsIn } from './interval.ts'
import type { Offer } from './offers.ts'
import { monthlyPriceOf } from './priceOf.ts'

/**
 * Returns a plan's name without its interval. A Flowglad product has only one price, so a yearly price needs another
 * product, such as `Pro yearly`.
 */
export const familyOf = ({ name }: Pick<Offer, 'name'>) =>
  name.replace(/[\s(·–-]+(weekly|monthly|quarterly|yearly|annual|annually)\)?$/i, '')

/** Returns the intervals of the paid plans, shortest first. */
export function intervalsOf(plans: Offer[]): Interval[] {
  const intervals: Interval[] = []
  for (const { interval, isFree } of plans) {
    if (interval && !isFree && !intervals.some((known) => isSame(known, interval))) intervals.push(interval)
  }
  return intervals.sort((a, b) => monthsIn(a) - monthsIn(b))
}

/** Returns one plan per family: the plan with the given interval, or else the family's first plan. */
export function plansBilled(plans: Offer[], interval: Interval | undefined): Offer[] {
  const isBilled = (plan: Offer) => plan.interval && interval && isSame(plan.interval, interval)
  return [...new Set(plans.map(familyOf))].flatMap((name) => {
    const family = plans.filter((plan) => familyOf(plan) === name)
    return (family.find(isBilled) ?? family[0]) || []
  })
}

/** Returns the percentage that a plan saves compared with its family's most expensive price. */
export function savingOf(offer: Offer, plans: Offer[]): number {
  const prices = plans.filter((plan) => familyOf(plan) === familyOf(offer)).map(monthlyPriceOf)
  const highest = Math.max(...prices)
  return highest > 0 ? Math.floor((1 - monthlyPriceOf(offer) / highest) * 100) : 0
}
