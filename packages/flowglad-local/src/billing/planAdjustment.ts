import type { Metadata } from '../database/records/base.ts'
import type { Price } from '../database/records/pricing.ts'
import type { BillingPeriod, Subscription, SubscriptionItem } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { currentLinks } from '../pricing/productFeatures.ts'
import { elapsedFraction } from '../rules/period.ts'
import { proratedCharge } from '../rules/proration.ts'
import { activeClaims } from './claims.ts'
import { paymentMethodOf } from './collect.ts'
import { paymentsInPeriod } from './invoice.ts'
import { itemsAt } from './items.ts'
import { latestPeriod } from './periods.ts'
import { isTerminal } from './subscriptions.ts'

interface AdjustmentItem {
  priceId: string | undefined
  /** The price's slug or ID. */
  priceSlug: string | undefined
  quantity: number
  /** The additional fields of a full subscription item. They override the price's name and amount. */
  given?: {
    name: string | null
    unitPrice: number
    metadata: Metadata | null
    externalId: string | null
    expiredAt: number | null
    /** A plan change ignores manually created items. */
    manuallyCreated: boolean
  }
}

export interface Adjustment {
  timing: 'immediately' | 'at_end_of_current_billing_period' | 'auto'
  items: readonly AdjustmentItem[]
  prorate: boolean
}

interface PlannedItem {
  price: Price
  quantity: number
  unitPrice: number
  name: string | null
  metadata?: Metadata | null
  externalId?: string | null
  expiredAt?: number | null
}

/** The effect of an adjustment, or the reason that it isn't possible. */
export type AdjustmentPlan =
  | { canAdjust: false; reason: string }
  | {
      canAdjust: true
      subscription: Subscription
      charge: number
      /** The amount that counts as paid for this period. */
      paid: number
      currentTotal: number
      newTotal: number
      timing: 'immediately' | 'at_end_of_current_billing_period'
      effectiveAt: number
      isUpgrade: boolean
      elapsed: number
      currentItems: SubscriptionItem[]
      newItems: PlannedItem[]
    }

/** The error for a subscription that is waiting for its first payment and has no billing period yet. */
export const noPeriod = 'No current billing period found for subscription.'

const total = (items: readonly { unitPrice: number; quantity: number }[]) =>
  items.reduce((sum, item) => sum + item.unitPrice * item.quantity, 0)

export function planAdjustment(
  platform: Platform,
  at: number,
  subscriptionId: string,
  { timing: requested, items, prorate }: Adjustment,
): AdjustmentPlan {
  const { db } = platform
  const no = (reason: string): AdjustmentPlan => ({ canAdjust: false, reason })
  const subscription = db.subscriptions.find(subscriptionId)
  if (!subscription) return no(`Subscription not found: ${subscriptionId}`)
  if (isTerminal(subscription)) return no(`Subscription is in terminal state: ${subscription.status}`)
  if (!subscription.renews)
    return no(
      `Subscription ${subscription.id} is a non-renewing subscription. Non-renewing subscriptions cannot be adjusted.`,
    )
  if (subscription.doNotCharge)
    return no('Cannot adjust doNotCharge subscriptions. Cancel and create a new subscription instead.')
  if (subscription.isFreePlan)
    return no(
      'Cannot adjust free plan subscriptions. Use createSubscription to upgrade from a free plan instead.',
    )
  if (subscription.scheduledAdjustmentAt !== null)
    return no(
      'A scheduled adjustment is already pending. Cancel the scheduled adjustment before making a new one.',
    )
  if (subscription.status === 'cancellation_scheduled')
    return no('A cancellation is scheduled. Uncancel the subscription before adjusting.')
  const period = latestPeriod(platform, subscription.id)
  if (!period) return no(noPeriod)

  const currentItems = itemsAt(platform, subscription.id, at)
  const asked = items
    .filter(
      ({ priceId, priceSlug, given }) => !given?.manuallyCreated && (priceId ?? priceSlug) !== undefined,
    )
    .map((item) => ({ ...item, price: findPrice(platform, subscription, item) }))
  // Like the platform, check each rule for all items before the next rule, and look up the prices of full
  // items last.
  const missing = asked.find(({ price, given }) => !price && !given)
  if (missing) return no(`Price not found: ${missing.priceSlug ?? missing.priceId}`)
  const none = asked.find(({ quantity }) => quantity <= 0)
  if (none) return no(`Subscription item quantity must be greater than zero. Received: ${none.quantity}`)
  const newItems: PlannedItem[] = []
  for (const { price, priceId, priceSlug, quantity, given } of asked) {
    if (!price) return no(`Price not found: ${priceSlug ?? priceId}`)
    if (price.type !== 'subscription')
      return no(
        `Only recurring prices can be used in subscriptions. Price ${price.id} is of type ${price.type}`,
      )
    const { name, unitPrice, ...more } = given ?? { name: price.name, unitPrice: price.unitPrice }
    newItems.push({ price, quantity, unitPrice, name, ...more })
  }
  const overclaimed = capacityConflict(platform, at, subscription, newItems)
  if (overclaimed) return no(overclaimed)

  const currentTotal = total(currentItems)
  const newTotal = total(newItems)
  const isUpgrade = newTotal > currentTotal
  const timing =
    requested === 'auto'
      ? newTotal >= currentTotal
        ? 'immediately'
        : 'at_end_of_current_billing_period'
      : requested
  if (timing === 'at_end_of_current_billing_period' && isUpgrade)
    return no(
      'EndOfCurrentBillingPeriod adjustments are only allowed for downgrades (zero or negative net charge). For upgrades or adjustments with a positive charge, use Immediately timing instead.',
    )
  const effectiveAt = timing === 'immediately' ? at : period.endDate
  const elapsed = elapsedFraction(effectiveAt, period.startDate, period.endDate)
  const paid = paidInPeriod(platform, subscription, period)
  const due =
    timing === 'immediately' && prorate
      ? proratedCharge({ oldTotal: currentTotal, newTotal, elapsed, paid })
      : 0
  if (due > 0 && !paymentMethodOf(platform, subscription))
    return no(
      'No payment method found for subscription. A payment method is required for immediate adjustments with proration.',
    )
  return {
    canAdjust: true,
    subscription,
    charge: due,
    paid,
    currentTotal,
    newTotal,
    timing,
    effectiveAt,
    isUpgrade,
    elapsed,
    currentItems: currentItems,
    newItems,
  }
}

/** Returns the active price with this slug or ID. A full item can also use an archived price's ID. */
function findPrice(
  { db }: Platform,
  { pricingModelId }: Subscription,
  { priceId, priceSlug, given }: AdjustmentItem,
): Price | undefined {
  const inModel = db.prices.by('model', pricingModelId)
  if (priceSlug === undefined)
    return inModel.find((price) => price.id === priceId && (price.active || given !== undefined))
  const sold = inModel.filter((price) => price.active)
  return sold.find(({ slug }) => slug === priceSlug) ?? sold.find(({ id }) => id === priceSlug)
}

/**
 * Returns an error message if the new plan has fewer seats for a resource than the customer has claimed,
 * otherwise null.
 */
function capacityConflict(
  platform: Platform,
  at: number,
  subscription: Subscription,
  items: PlannedItem[],
): string | null {
  const { db } = platform
  const capacity = new Map<string, number>()
  for (const { price, quantity } of items) {
    for (const link of price.productId ? currentLinks(platform, price.productId, at) : []) {
      const feature = db.features.get(link.featureId)
      if (!feature.resourceId) continue
      capacity.set(
        feature.resourceId,
        (capacity.get(feature.resourceId) ?? 0) + (feature.amount ?? 0) * quantity,
      )
    }
  }
  const claims = activeClaims(platform, at, subscription)
  for (const [resourceId, seats] of capacity) {
    const claimed = claims.filter((claim) => claim.resourceId === resourceId).length
    if (claimed > seats)
      return `Cannot reduce capacity to ${seats}. ${claimed} resources are currently claimed. Release ${claimed - seats} claims before downgrading.`
  }
  return null
}

/**
 * Returns the amount paid for a period plus the amount that retries will still collect. A plan change must not
 * charge either amount again.
 */
function paidInPeriod(platform: Platform, subscription: Subscription, period: BillingPeriod): number {
  const { db } = platform
  const paid = paymentsInPeriod(platform, period)
    .filter((payment) => payment.status === 'succeeded')
    .map((payment) => payment.amount)
  const toCome = db.billingRuns
    .by('subscription', subscription.id)
    .filter((run) => run.billingPeriodId === period.id && run.dueAt !== null)
    .map((run) => db.invoices.get(run.invoiceId).subtotal)
  return [...paid, ...toCome].reduce((sum, amount) => sum + amount, 0)
}
