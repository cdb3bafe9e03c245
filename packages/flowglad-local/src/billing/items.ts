import type { Database } from '../database/Database.ts'
import type { Base, Metadata } from '../database/records/base.ts'
import type { Feature, Price } from '../database/records/pricing.ts'
import type {
  Subscription,
  SubscriptionFeature,
  SubscriptionItem,
} from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { currentLinks } from '../pricing/productFeatures.ts'
import { grantAmount } from '../rules/credits.ts'

/** Returns the items in effect at a given time. An item with a scheduled end is in effect until its end. */
export const itemsAt = (
  { db }: Pick<Platform, 'db'>,
  subscriptionId: string,
  at: number,
): SubscriptionItem[] =>
  db.subscriptionItems
    .by('subscription', subscriptionId)
    .filter((item) => item.addedDate <= at && (item.expiredAt === null || item.expiredAt > at))

/**
 * Returns whether an item belongs to the plan. Other items hold individually added features and cost nothing.
 */
export const isPlanItem = <Item extends { manuallyCreated: boolean; priceId: string | null }>(
  item: Item,
): item is Item & { priceId: string } => !item.manuallyCreated && item.priceId !== null

/** Returns the items in effect that the subscription pays for. */
export const planItemsAt = (platform: Pick<Platform, 'db'>, subscriptionId: string, at: number) =>
  itemsAt(platform, subscriptionId, at).filter(isPlanItem)

export const featuresOf = ({ db }: Platform, items: readonly SubscriptionItem[]): SubscriptionFeature[] =>
  items.flatMap((item) => db.subscriptionFeatures.by('item', item.id))

/** Adds an item and its product's features. For a scheduled change, `addedDate` is in the future. */
export function addItem(
  platform: Platform,
  at: number,
  subscription: Subscription,
  {
    price,
    quantity,
    addedDate = at,
    unitPrice = price.unitPrice,
    name = price.name,
    metadata = null,
    externalId = null,
    expiredAt = null,
  }: {
    price: Price
    quantity: number
    addedDate?: number
    unitPrice?: number
    name?: string | null
    metadata?: Metadata | null
    externalId?: string | null
    expiredAt?: number | null
  },
): SubscriptionItem {
  const { db } = platform
  const item = db.subscriptionItems.put({
    ...newRecord('si', at),
    subscriptionId: subscription.id,
    name,
    addedDate: Math.max(addedDate, subscription.startDate),
    priceId: price.id,
    unitPrice,
    quantity,
    metadata,
    type: 'static',
    externalId,
    expiredAt,
    manuallyCreated: false,
    pricingModelId: subscription.pricingModelId,
  })
  for (const { productFeatureId, feature } of featuresOfProduct(platform, price.productId, at))
    addItemFeature(db, at, item, feature, {
      productFeatureId,
      amount: feature.type === 'toggle' ? null : grantAmount(feature.amount, quantity),
    })
  return item
}

/**
 * Returns a product's active features. If several features are for the same resource, returns only the newest
 * of them.
 */
function featuresOfProduct(platform: Platform, productId: string | null, at: number) {
  const { db } = platform
  const active = currentLinks(platform, productId ?? '', at)
    .map(({ id, featureId }) => ({ productFeatureId: id, feature: db.features.get(featureId) }))
    .filter(({ feature }) => feature.active)
  const ids = new Set(active.map(({ feature }) => feature.id))
  const newest = new Map<string | null, string>()
  for (const { id, resourceId } of db.features.by('model', active[0]?.feature.pricingModelId ?? ''))
    if (ids.has(id)) newest.set(resourceId, id)
  return active.filter(
    ({ feature: { id, resourceId } }) => resourceId === null || newest.get(resourceId) === id,
  )
}

/** Adds a feature to an item. The fields of `given` override the feature's fields. */
export const addItemFeature = (
  db: Database,
  at: number,
  item: SubscriptionItem,
  feature: Feature,
  given: Partial<Omit<SubscriptionFeature, keyof Base>>,
): SubscriptionFeature =>
  db.subscriptionFeatures.put({
    ...newRecord('sub_feature', at),
    subscriptionItemId: item.id,
    featureId: feature.id,
    productFeatureId: null,
    type: feature.type,
    amount: feature.amount,
    usageMeterId: feature.usageMeterId,
    renewalFrequency: feature.renewalFrequency,
    expiredAt: null,
    detachedAt: null,
    detachedReason: null,
    manuallyCreated: false,
    pricingModelId: item.pricingModelId,
    resourceId: feature.resourceId,
    ...given,
  })

/** Sets an item's end; null removes the end. A feature that ends before its item keeps its own end. */
export function expireItem(
  { db }: Platform,
  at: number,
  item: SubscriptionItem,
  expiredAt: number | null,
): void {
  db.subscriptionItems.patch(item.id, { expiredAt, updatedAt: at })
  for (const feature of db.subscriptionFeatures.by('item', item.id))
    if (feature.expiredAt === item.expiredAt || (feature.expiredAt ?? Infinity) > (expiredAt ?? Infinity))
      db.subscriptionFeatures.patch(feature.id, { expiredAt, updatedAt: at })
}

/** Copies the most expensive item's price and name to the subscription. On a tie, uses the newer item. */
export function followItems({ db }: Platform, at: number, subscription: Subscription): Subscription {
  const [main] = planItemsAt({ db }, subscription.id, at).sort(
    (a, b) => b.unitPrice * b.quantity - a.unitPrice * a.quantity || b.addedDate - a.addedDate,
  )
  if (!main) return subscription
  return db.subscriptions.patch(subscription.id, {
    priceId: main.priceId,
    name: main.name,
    updatedAt: at,
  })
}
