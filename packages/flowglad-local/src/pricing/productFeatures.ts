import type { Feature, Price, Product, ProductFeature } from '../database/records/pricing.ts'
import { failedWrite } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { conflict, Problem, rejected } from '../platform/problems.ts'

/** Returns a product's links to features, except for those that have ended. */
export const currentLinks = ({ db }: Platform, productId: string, at: number): ProductFeature[] =>
  db.productFeatures.by('product', productId).filter(({ expiredAt }) => expiredAt === null || expiredAt > at)

/**
 * Sets a product's features. Existing subscriptions keep their features.
 * @throws if a new feature doesn't exist or is listed twice
 */
export function syncFeatures(
  platform: Platform,
  now: number,
  product: Product,
  featureIds: readonly string[],
): void {
  const { db } = platform
  const links = db.productFeatures.by('product', product.id)
  for (const link of links)
    if (link.expiredAt === null && !featureIds.includes(link.featureId)) unlinkFeature(platform, now, link)
    else if (link.expiredAt !== null && featureIds.includes(link.featureId))
      db.productFeatures.patch(link.id, { expiredAt: null, updatedAt: now })
  const added = featureIds.filter((id) => !links.some((link) => link.featureId === id))
  if (new Set(added).size < added.length)
    throw failedLink('a feature is listed twice', conflict('This feature is already linked to this product.'))
  for (const id of added) {
    if (db.features.find(id)?.pricingModelId !== product.pricingModelId)
      throw failedLink(
        `there is no feature ${id}`,
        new Problem(
          'BAD_REQUEST',
          "This operation references data that does not exist or you don't have access to.",
        ),
      )
    addLink(platform, now, product, id, null)
  }
}

const failedLink = (reason: string, explanation: Problem) =>
  failedWrite('bulk insert', 'product_features', reason, explanation)

const addLink = (
  { db }: Platform,
  now: number,
  product: Product,
  featureId: string,
  expiredAt: number | null,
): ProductFeature =>
  db.productFeatures.put({
    ...newRecord('product_feature', now),
    productId: product.id,
    featureId,
    expiredAt,
  })

/** Adds a feature to a product, or restores it. A restored feature has no end. */
export function linkFeature(
  platform: Platform,
  now: number,
  product: Product,
  featureId: string,
  expiredAt: number | null,
): ProductFeature {
  const { productFeatures } = platform.db
  const link = productFeatures.by('product', product.id).find((l) => l.featureId === featureId)
  return link
    ? productFeatures.patch(link.id, { expiredAt: null, updatedAt: now })
    : addLink(platform, now, product, featureId, expiredAt)
}

/**
 * Removes a feature from a product. Existing subscriptions keep the feature, but their copy no longer refers
 * to the product.
 */
export function unlinkFeature({ db }: Platform, now: number, link: ProductFeature): void {
  for (const feature of db.subscriptionFeatures.by('productFeature', link.id))
    db.subscriptionFeatures.patch(feature.id, {
      productFeatureId: null,
      detachedAt: now,
      detachedReason: 'product_feature_expired',
      updatedAt: now,
    })
  db.productFeatures.patch(link.id, { expiredAt: now, updatedAt: now })
}

/** Removes a deactivated feature from its products. Restores a reactivated feature to its former products. */
export function switchFeature(platform: Platform, now: number, feature: Feature): void {
  const { productFeatures } = platform.db
  for (const link of productFeatures.all()) {
    if (link.featureId !== feature.id) continue
    if (feature.active) productFeatures.patch(link.id, { expiredAt: null, updatedAt: now })
    else unlinkFeature(platform, now, link)
  }
}

/** Rejects a toggle feature for a one-time product. Only subscriptions can have toggles. */
export function rejectToggles(
  { db }: Platform,
  priceType: Price['type'] | undefined,
  featureIds: readonly string[],
): void {
  if (priceType === 'single_payment' && featureIds.some((id) => db.features.find(id)?.type === 'toggle'))
    throw rejected(
      'Cannot associate toggle features with single payment products. Toggle features require subscription-based pricing.',
    )
}
