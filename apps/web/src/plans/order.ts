import type { BalancesAnswer } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'
import type { Offer } from './offers.ts'

/** What somebody left for the checkout with. It waits in this tab, to tell what came of it when they return. */
export interface Order {
  /** A plan's or pack's, or `payment_method`. */
  priceSlug: string
  /** The limit of what the pack adds to, before it does. */
  limitBefore: number
}

const key = 'studio-order'

export function saveOrder({ priceSlug, limitBefore }: Order): void {
  sessionStorage.setItem(key, `${limitBefore} ${priceSlug}`)
}

export function takeOrder(): Order | null {
  const saved = sessionStorage.getItem(key)
  sessionStorage.removeItem(key)
  const [, limitBefore, priceSlug] = saved?.match(/^(\d+) (.+)$/) ?? []
  return priceSlug ? { priceSlug, limitBefore: Number(limitBefore) } : null
}

export function limitFor(offer: Offer, answer: BalancesAnswer<Meter> | undefined): number {
  const meter = offer.grants[0]?.meter
  return answer?.balances.find((row) => row.meter === meter)?.limit ?? 0
}

/** Whether the books show what was bought. */
export function hasArrived(offer: Offer | undefined, order: Order, answer: BalancesAnswer<Meter>): boolean {
  if (offer === undefined) return true // nothing to compare with: what the books say stands
  return offer.kind === 'plan'
    ? answer.plan?.priceSlug === offer.priceSlug
    : limitFor(offer, answer) > order.limitBefore
}
