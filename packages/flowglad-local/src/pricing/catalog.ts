import type { Price, Product, UsageMeter } from '../database/records/pricing.ts'
import { failedWrite, type Write } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { Problem, rejected } from '../platform/problems.ts'
import { int32Max } from '../rules/bounds.ts'

/** Returns whether another record has the slug. Slugs are unique within a pricing model. */
export const hasSlug = <R extends { id: string; slug: string | null }>(
  records: readonly R[],
  slug: string | null | undefined,
  except?: string,
): boolean => Boolean(slug) && records.some((record) => record.slug === slug && record.id !== except)

/** Returns whether any of the numbers is too large for the platform's database. */
export const overflows = (...numbers: (number | null | undefined)[]) =>
  numbers.some((number) => (number ?? 0) > int32Max)

export const outOfRange = (write: Write, table: string) =>
  failedWrite(
    write,
    table,
    'a number is out of range for type integer',
    new Problem('BAD_REQUEST', 'The number provided is out of range.'),
  )

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
 * Replaces a product's price. A product has only one active price, so its other prices are archived. Existing
 * subscriptions keep the old price.
 */
export function replaceProductPrice(
  platform: Platform,
  now: number,
  product: Product,
  terms: Terms,
  write: Write = 'insert',
): Price {
  const { db } = platform
  for (const before of db.prices.by('product', product.id))
    db.prices.patch(before.id, { active: false, isDefault: false, updatedAt: now })
  return addPrice(platform, now, write, {
    ...terms,
    pricingModelId: product.pricingModelId,
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
  write: Write = 'insert',
): Price {
  const price = addPrice(platform, now, write, {
    ...terms,
    type: 'usage',
    pricingModelId: meter.pricingModelId,
    usageMeterId: meter.id,
    active: true,
  })
  if (price.isDefault) demoteOthers(platform, now, price)
  return price
}

function addPrice(
  platform: Platform,
  now: number,
  write: Write,
  terms: Terms & Pick<Price, 'isDefault' | 'active' | 'pricingModelId'>,
): Price {
  const price = { ...newRecord('price', now), ...emptyPrice, ...terms }
  if (overflows(price.unitPrice, price.usageEventsPerUnit)) throw outOfRange(write, 'prices')
  rejectDuplicateSlug(platform, write, price)
  return platform.db.prices.put(price)
}

/** Changes a price. A new default price replaces the previous default. */
export function updatePrice(
  platform: Platform,
  now: number,
  price: Price,
  change: Partial<Pick<Price, 'isDefault' | 'active' | 'name' | 'slug'>>,
): Price {
  if (change.isDefault) demoteOthers(platform, now, price)
  rejectDuplicateSlug(platform, { update: price.id }, { ...price, ...change })
  return platform.db.prices.patch(price.id, { ...change, updatedAt: now })
}

/** Rejects the slug of another active price. Like the platform, checks only the prices of products. */
function rejectDuplicateSlug({ db }: Platform, write: Write, price: Price): void {
  const { slug, productId, pricingModelId } = price
  if (slug === null || productId === null || !price.active) return
  const rivals = db.prices.by('model', pricingModelId).filter((other) => other.active && other.productId)
  if (rivals.some((other) => other.slug === slug && other.id !== price.id))
    throw failedWrite(write, 'prices', `duplicate slug "${slug}" in pricing model ${pricingModelId}`)
}

/** Clears the default flag on all other prices of the same product or meter. */
function demoteOthers({ db }: Platform, now: number, price: Price): void {
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

/**
 * Makes a meter's free price the default if the meter has no other default price.
 * @throws if the meter's slug has changed, because the platform finds the free price by the meter's slug
 */
export function ensureMeterHasDefault({ db }: Platform, now: number, meterId: string): void {
  const prices = db.prices.by('meter', meterId)
  if (prices.some((price) => price.isDefault && price.active)) return
  const slug = noChargeSlug(db.usageMeters.get(meterId).slug)
  const noCharge = prices.find((price) => price.slug === slug)
  if (!noCharge) throw rejected(`No charge price with slug ${slug} not found for usage meter ${meterId}`)
  for (const price of prices)
    if (price.isDefault) db.prices.patch(price.id, { isDefault: false, updatedAt: now })
  db.prices.patch(noCharge.id, { isDefault: true, active: true, updatedAt: now })
}
