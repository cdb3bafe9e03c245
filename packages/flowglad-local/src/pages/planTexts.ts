import { isPlanItem, itemsAt } from '../billing/items.ts'
import type { Subscription, SubscriptionItem } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { count, day, every, money } from './format.ts'

/** The fields of a plan's items that the pages show. */
type Named = Pick<SubscriptionItem, 'priceId' | 'name' | 'quantity'>

/** Returns the items' product names and quantities. Customers know the product names from the checkout. */
export const namesOf = ({ db }: Platform, items: readonly Named[]): string =>
  items
    .map(({ priceId, name, quantity }) => {
      const productId = priceId === null ? null : db.prices.get(priceId).productId
      const product = (productId === null ? name : db.products.get(productId).name) ?? 'Plan'
      return quantity > 1 ? `${product} × ${count(quantity)}` : product
    })
    .join(', ')

/** Returns the price of the items for one period, in cents. */
export const totalPrice = (items: readonly Pick<SubscriptionItem, 'unitPrice' | 'quantity'>[]): number =>
  items.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0)

/**
 * Returns a scheduled end or change of the plan, such as `ends on 1 May 2027`. Returns null if the plan renews
 * unchanged. Doesn't use the status, because a payment can set it to `active` without undoing the schedule.
 */
export function scheduledText(platform: Platform, subscription: Subscription): string | null {
  const { cancelScheduledAt, scheduledAdjustmentAt, interval, intervalCount } = subscription
  if (cancelScheduledAt !== null) return `ends on ${day(cancelScheduledAt)}`
  if (scheduledAdjustmentAt === null) return null
  const next = itemsAt(platform, subscription.id, scheduledAdjustmentAt).filter(isPlanItem)
  const price = totalPrice(next)
  const cost = price > 0 ? ` (${money(price)} per ${every(interval, intervalCount)})` : ''
  return `changes to ${namesOf(platform, next)}${cost} on ${day(scheduledAdjustmentAt)}`
}
