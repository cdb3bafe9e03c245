import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Price } from '../database/records/pricing.ts'
import type { Platform } from '../platform/Platform.ts'
import { notFound, Problem, rejected, rejectedResult } from '../platform/problems.ts'
import {
  addUsagePrice,
  ensureMeterHasDefault,
  isNoCharge,
  replaceProductPrice,
  updatePrice,
} from '../pricing/catalog.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { priceInput, withNulls } from './priceInput.ts'
import { presentPrice } from './pricingModelDetails.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

const reserved = 'Usage price slugs ending with "_no_charge" are reserved for auto-generated fallback prices'

const changesOf = <Type extends Price['type']>(type: Type) =>
  z.object({
    id: z.string(),
    name: z.string().nullish(),
    type: z.literal(type),
    isDefault: z.boolean(),
    active: z.boolean().optional(),
    slug: z.string().nullish(),
  })
const changes = z.discriminatedUnion('type', [
  changesOf('subscription'),
  changesOf('single_payment'),
  changesOf('usage'),
])

export function priceRoutes(route: Route): void {
  route(
    'GET',
    '/prices',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        visible(platform, platform.db.prices),
        query,
        presentPrice,
      ) satisfies PageOf<Flowglad.PriceListResponse>,
  )

  route('GET', '/prices/:id', {}, ({ platform, params }) => {
    const price = visible(platform, platform.db.prices).find(params.id)
    if (!price) throw notFound('Price not found')
    return { price: presentPrice(price) }
  })

  route('POST', '/prices', { body: z.object({ price: priceInput }) }, ({ platform, now, body }) => {
    const { db } = platform
    const { price } = body
    if (price.type === 'usage') {
      if (isNoCharge({ type: 'usage', slug: price.slug ?? null })) throw new Problem('BAD_REQUEST', reserved)
      const meter = visible(platform, db.usageMeters).find(price.usageMeterId)
      if (!meter) throw rejected(`No usage meters found with id: ${price.usageMeterId}`)
      return {
        price: presentPrice(addUsagePrice(platform, now, meter, withNulls(price))),
      } satisfies Flowglad.PriceCreateResponse
    }
    if (price.productId.trim() === '')
      throw new Problem('BAD_REQUEST', 'Subscription and single payment prices require a productId.')
    const product = visible(platform, db.products).get(price.productId, 'products')
    const before = db.prices.by('product', product.id)
    if (product.default && before.length > 0)
      throw new Problem('FORBIDDEN', 'Cannot create additional prices for the default plan')
    if (before.some(({ type }) => type !== price.type))
      throw new Problem(
        'FORBIDDEN',
        'Cannot create price of a different type than the existing prices for the product',
      )
    return {
      price: presentPrice(replaceProductPrice(platform, now, product, withNulls(price))),
    } satisfies Flowglad.PriceCreateResponse
  })

  route('PUT', '/prices/:id', { body: z.object({ price: changes }) }, ({ platform, now, body }) => {
    const { id, type, ...change } = body.price
    // The platform uses the ID in the body and ignores the ID in the URL.
    const price = visible(platform, platform.db.prices).get(id, 'prices')
    rejectFallbackChange(platform, price, change)
    if (
      change.slug !== undefined &&
      change.slug !== price.slug &&
      isNoCharge({ ...price, slug: change.slug })
    )
      throw new Problem('BAD_REQUEST', reserved)
    if (type !== price.type)
      throw rejectedResult(
        'ValidationError',
        'Invalid type: Cannot change type after price creation. This field is immutable.',
      )
    const updated = updatePrice(platform, now, price, defined(change))
    if (price.isDefault && price.usageMeterId && (!change.isDefault || change.active === false))
      ensureMeterHasDefault(platform, now, price.usageMeterId)
    return { price: presentPrice(updated) } satisfies Flowglad.PriceUpdateResponse
  })
}

/** Rejects forbidden changes to the fallback prices: a meter's free price and the default plan's price. */
function rejectFallbackChange(
  { db }: Platform,
  price: Price,
  change: { slug?: string | null | undefined; active?: boolean | undefined; isDefault: boolean },
): void {
  const slugChanges = change.slug !== undefined && change.slug !== price.slug
  if (isNoCharge(price)) {
    if (change.active === false)
      throw new Problem(
        'BAD_REQUEST',
        'No charge prices cannot be archived. They are protected as fallback prices.',
      )
    if (slugChanges)
      throw new Problem(
        'BAD_REQUEST',
        'The slug of a no charge price is immutable. Only the name can be changed.',
      )
    if (!change.isDefault && price.isDefault)
      throw new Problem(
        'BAD_REQUEST',
        'Default no_charge prices cannot be unset; isDefault is immutable for fallback prices.',
      )
  }
  if (!price.isDefault || !price.productId || !db.products.get(price.productId).default) return
  if (!change.isDefault)
    throw new Problem('FORBIDDEN', 'Cannot change the default status of a default price on a default product')
  if (slugChanges)
    throw new Problem('FORBIDDEN', 'Cannot change the slug of the default price for a default product')
}
