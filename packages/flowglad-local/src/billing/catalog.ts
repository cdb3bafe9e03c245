import type { Feature, Price, Product, ProductFeature, UsageMeter } from '../database/records.ts'
import { newRecord, type Platform } from '../platform.ts'
import { conflict, Problem, refused } from '../problems.ts'

/** What the platform answers where it catches an error of its own and has no better text for it. */
export const unexpected = () => refused('An unexpected error occurred. Please try again.')

/** The API key is for one pricing model: it cannot put anything into another. */
export function refuseOtherModel({ pricingModelId: own }: Platform, pricingModelId: string): void {
  if (pricingModelId !== own)
    throw new Problem('FORBIDDEN', 'You do not have permission to perform this operation.')
}

/** What the database says when two rows of a pricing model would have the same slug. */
export const slugTaken = (table: string, slug: string) =>
  refused(
    `Failed to insert item into ${table}: Failed to insert items into ${table}: duplicate key value violates unique constraint, slug "${slug}" already exists`,
  )

/** Whether another record has the slug: slugs name things within one pricing model. */
export const hasSlug = <R extends { id: string; slug: string | null }>(
  records: readonly R[],
  slug: string | null | undefined,
  except?: string,
): boolean => Boolean(slug) && records.some((record) => record.slug === slug && record.id !== except)

export const productSlugTaken = () =>
  conflict('This product slug already exists in this pricing model. Please choose a different slug.')

export const meterSlugTaken = () =>
  conflict('A usage meter with this slug already exists in this pricing model.')

/** What a price says about everything that is not its kind's. */
export const noPrice = {
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

/** A product has one price at a time: a new one archives the one before, which subscriptions keep. */
export function replaceProductPrice(platform: Platform, now: number, product: Product, terms: Terms): Price {
  const { books } = platform
  for (const before of books.prices.by('product', product.id))
    if (before.active || before.isDefault)
      books.prices.patch(before.id, { active: false, isDefault: false, updatedAt: now })
  return addPrice(platform, now, product.pricingModelId, {
    ...terms,
    productId: product.id,
    isDefault: true,
    active: true,
  })
}

/** A meter may have several prices, one of which is the default. */
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
  { books }: Platform,
  now: number,
  pricingModelId: string,
  terms: Terms & { isDefault: boolean; active: true },
): Price {
  const active = books.prices.by('model', pricingModelId).filter((price) => price.active)
  if (hasSlug(active, terms.slug)) throw slugTaken('prices', terms.slug ?? '')
  return books.prices.put({ ...newRecord('price', now), ...noPrice, ...terms, pricingModelId })
}

/** Takes the default away from the other prices of the same product or meter. */
export function demoteOthers({ books }: Platform, now: number, price: Price): void {
  const siblings = price.productId
    ? books.prices.by('product', price.productId)
    : books.prices.by('meter', price.usageMeterId ?? '')
  for (const other of siblings)
    if (other.isDefault && other.id !== price.id)
      books.prices.patch(other.id, { isDefault: false, updatedAt: now })
}

/** The price of a meter that every meter has, and that costs nothing. */
export const noChargeSlug = (meterSlug: string) => `${meterSlug}_no_charge`
export const isNoCharge = ({ type, slug }: Pick<Price, 'type' | 'slug'>) =>
  type === 'usage' && slug !== null && slug.endsWith('_no_charge')

/** A meter without a default price falls back to the one that costs nothing. */
export function ensureMeterHasDefault({ books }: Platform, now: number, meterId: string): void {
  const prices = books.prices.by('meter', meterId)
  const noCharge = prices.find(isNoCharge)
  if (!noCharge || prices.some((price) => price.isDefault && price.active)) return
  for (const price of prices)
    if (price.isDefault) books.prices.patch(price.id, { isDefault: false, updatedAt: now })
  books.prices.patch(noCharge.id, { isDefault: true, updatedAt: now })
}

/** Makes exactly these features the product's. Subscriptions keep what they started with. */
export function linkFeatures(
  platform: Platform,
  now: number,
  product: Product,
  featureIds: readonly string[],
): void {
  const { productFeatures } = platform.books
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

/** Ends that a product has a feature, for new subscriptions; those there are keep it, on their own from now on. */
export function unlinkFeature({ books }: Platform, now: number, link: ProductFeature): void {
  for (const feature of books.subscriptionFeatures.all())
    if (feature.productFeatureId === link.id)
      books.subscriptionFeatures.patch(feature.id, {
        productFeatureId: null,
        detachedAt: now,
        detachedReason: 'product_feature_expired',
        updatedAt: now,
      })
  books.productFeatures.patch(link.id, { expiredAt: now, updatedAt: now })
}

/** A feature that was switched off leaves its products, and comes back to all of them when it is on again. */
export function switchFeature(platform: Platform, now: number, feature: Feature): void {
  const { productFeatures } = platform.books
  for (const link of productFeatures.all()) {
    if (link.featureId !== feature.id) continue
    if (feature.active) productFeatures.patch(link.id, { expiredAt: null, updatedAt: now })
    else if (link.expiredAt === null) unlinkFeature(platform, now, link)
  }
}

/** Whether a product that is paid once would get a feature that is only had by subscribing. */
export const togglesOnSinglePayment = (
  { books }: Platform,
  priceType: Price['type'] | undefined,
  featureIds: readonly string[],
): boolean =>
  priceType === 'single_payment' && featureIds.some((id) => books.features.find(id)?.type === 'toggle')
