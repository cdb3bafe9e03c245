import type { Feature, Price, Product, ProductFeature, UsageMeter } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { conflict, rejected } from '../platform/problems.ts'

/** Returns the platform database's error for a duplicate slug in a pricing model. */
export const slugTaken = (table: string, slug: string) =>
  rejected(
    `Failed to insert item into ${table}: Failed to insert items into ${table}: duplicate key value violates unique constraint, slug "${slug}" already exists`,
  )

/** Returns whether another record has the slug. Slugs are unique within a pricing model. */
export const hasSlug = <R extends { id: string; slug: string | null }>(
  records: readonly R[],
  slug: string | null | undefined,
  except?: string,
): boolean => Boolean(slug) && records.some((record) => record.slug === slug && record.id !== except)

export const productSlugTaken = () =>
  conflict('This product slug already exists in this pricing model. Please choose a different slug.')

export const meterSlugTaken = () =>
  conflict('A usage meter with this slug already exists in this pricing model.')

/** The default values of price fields. Each price type overrides the fields that it uses. */
export const emptyPrice = {
  name: null,
  slug: null,
  intervalUnit: null,
  intervalCount: null,
  trialPeriodDays: null,
  usageEventsPerUnit: null,
  productId: null,
  usageMeterId: null,
  currency: 'USD' as const,
}

type Terms = Pick<Price, 'type' | 'unitPrice'> & Partial<Price>

/**
 * Replaces a product's price. A product has only one active price, so this archives the old price. Existing
 * subscriptions keep the old price.
 */
export function replaceProductPrice(platform: Platform, now: number, product: Product, terms: Terms): Price {
  const { db } = platform
  for (const before of db.prices.by('product', product.id))
    if (before.active || before.isDefault)
      db.prices.patch(before.id, { active: false, isDefault: false, updatedAt: now })
  return addPrice(platform, now, product.pricingModelId, {
    ...terms,
    productId: product.id,
    isDefault: true,
    active: true,
  })
}

/** Adds a price to a meter. A meter can have several prices, one of which is the default. */
export function addUsagePrice(
  platform: Platform,
  now: number,
  meter: UsageMeter,
  terms: Omit<Terms, 'type'> & { isDefault: boolean },
): Price {
  const price = addPrice(platform, now, meter.pricingModelId, {
    ...terms,
    type: 'usage',
    usageMeterId: meter.id,
    active: true,
  })
  if (price.isDefault) demoteOthers(platform, now, price)
  return price
}

function addPrice(
  { db }: Platform,
  now: number,
  pricingModelId: string,
  terms: Terms & { isDefault: boolean; active: true },
): Price {
  const active = db.prices.by('model', pricingModelId).filter((price) => price.active)
  if (hasSlug(active, terms.slug)) throw slugTaken('prices', terms.slug ?? '')
  return db.prices.put({ ...newRecord('price', now), ...emptyPrice, ...terms, pricingModelId })
}

/** Clears the default flag on all other prices of the same product or meter. */
export function demoteOthers({ db }: Platform, now: number, price: Price): void {
  const siblings = price.productId
    ? db.prices.by('product', price.productId)
    : db.prices.by('meter', price.usageMeterId ?? '')
  for (const other of siblings)
    if (other.isDefault && other.id !== price.id)
      db.prices.patch(other.id, { isDefault: false, updatedAt: now })
}

/** Returns the slug of the free price that every meter has. */
export const noChargeSlug = (meterSlug: string) => `${meterSlug}_no_charge`
export const isNoCharge = ({ type, slug }: Pick<Price, 'type' | 'slug'>) =>
  type === 'usage' && slug !== null && slug.endsWith('_no_charge')

/** Makes a meter's free price the default if the meter has no other default price. */
export function ensureMeterHasDefault({ db }: Platform, now: number, meterId: string): void {
  const prices = db.prices.by('meter', meterId)
  const noCharge = prices.find(isNoCharge)
  if (!noCharge || prices.some((price) => price.isDefault && price.active)) return
  for (const price of prices)
    if (price.isDefault) db.prices.patch(price.id, { isDefault: false, updatedAt: now })
  db.prices.patch(noCharge.id, { isDefault: true, updatedAt: now })
}

/** Sets a product's features. Existing subscriptions keep their features. */
export function linkFeatures(
  platform: Platform,
  now: number,
  product: Product,
  featureIds: readonly string[],
): void {
  const { productFeatures } = platform.db
  const links = productFeatures.by('product', product.id)
  for (const link of links)
    if (link.expiredAt === null && !featureIds.includes(link.featureId)) unlinkFeature(platform, now, link)
  for (const featureId of new Set(featureIds)) {
    const link = links.find((l) => l.featureId === featureId)
    if (!link)
      productFeatures.put({
        ...newRecord('product_feature', now),
        productId: product.id,
        featureId,
        expiredAt: null,
      })
    else if (link.expiredAt !== null) productFeatures.patch(link.id, { expiredAt: null, updatedAt: now })
  }
}

/**
 * Removes a feature from a product. Existing subscriptions keep the feature, but it no longer refers to the
 * product.
 */
export function unlinkFeature({ db }: Platform, now: number, link: ProductFeature): void {
  for (const feature of db.subscriptionFeatures.all())
    if (feature.productFeatureId === link.id)
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
    else if (link.expiredAt === null) unlinkFeature(platform, now, link)
  }
}

/** Returns whether a one-time product would get a toggle feature, which only subscriptions can have. */
export const togglesOnSinglePayment = (
  { db }: Platform,
  priceType: Price['type'] | undefined,
  featureIds: readonly string[],
): boolean =>
  priceType === 'single_payment' && featureIds.some((id) => db.features.find(id)?.type === 'toggle')
