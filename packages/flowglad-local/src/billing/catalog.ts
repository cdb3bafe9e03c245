import type { Price, Product } from '../database/records.ts'
import type { Table } from '../database/Table.ts'
import { newRecord, type Platform } from '../platform.ts'
import { conflict, notFound } from '../problems.ts'

/** The record with an id that a caller gave. */
export const find = <R extends { id: string }>(table: Table<R>, id: string | undefined, noun: string): R => {
  const record = table.find(id ?? '')
  if (!record) throw notFound(`${noun} not found with id: ${id}`)
  return record
}

/** Slugs name things within one pricing model: two of a kind cannot share one. */
export function refuseTakenSlug<R extends { id: string; slug: string | null }>(
  records: R[],
  slug: string | null | undefined,
  noun: string,
  except?: string,
): void {
  if (slug && records.some((record) => record.slug === slug && record.id !== except))
    throw conflict(`A ${noun} with slug "${slug}" already exists in this pricing model`)
}

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

/** A product or meter has one default price: a new one takes the place of the old. */
export function putPrice(
  platform: Platform,
  now: number,
  price: Omit<Price, 'id' | 'createdAt' | 'updatedAt' | 'livemode'>,
) {
  const { books } = platform
  refuseTakenSlug(
    books.prices.by('model', price.pricingModelId).filter((p) => p.active),
    price.slug,
    'price',
  )
  const stored = books.prices.put({ ...newRecord('price', now), ...price })
  if (stored.isDefault) demoteOthers(platform, now, stored)
  return stored
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

/** Makes exactly these features the product's. Subscriptions keep what they started with. */
export function linkFeatures({ books }: Platform, now: number, product: Product, featureIds: string[]): void {
  const links = books.productFeatures.by('product', product.id)
  for (const link of links)
    if (link.expiredAt === null && !featureIds.includes(link.featureId))
      books.productFeatures.patch(link.id, { expiredAt: now, updatedAt: now })
  for (const featureId of featureIds) {
    find(books.features, featureId, 'Feature')
    const link = links.find((l) => l.featureId === featureId)
    if (!link)
      books.productFeatures.put({
        ...newRecord('product_feature', now),
        productId: product.id,
        featureId,
        expiredAt: null,
      })
    else if (link.expiredAt !== null)
      books.productFeatures.patch(link.id, { expiredAt: null, updatedAt: now })
  }
}
