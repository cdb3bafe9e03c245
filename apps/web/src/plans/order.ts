import type { BalancesAnswer } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'
import type { Offer } from './offers.ts'

/**
 * The reason for a visit to a hosted page: to buy a plan or pack, to save a card, or to pay an overdue amount. The
 * tab stores the order so that it can show the outcome when the customer returns.
 */
export interface Order {
  /**
   * The slug of a plan or pack, `payment_method` for a card, `card_for_change` for a card after a declined plan change, or
   * `payment` for an overdue payment.
   */
  priceSlug: string
  /** The limit, before the purchase, of the first meter to which the offer adds units. 0 if the order buys nothing. */
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

/** Returns whether the balances include the purchase. */
export function hasArrived(offer: Offer | undefined, order: Order, answer: BalancesAnswer<Meter>): boolean {
  if (offer === undefined) return true // The offer isn't for sale anymore, so there is nothing to compare.
  return offer.kind === 'plan'
    ? answer.plan?.priceSlug === offer.priceSlug
    : limitFor(offer, answer) > order.limitBefore
}
