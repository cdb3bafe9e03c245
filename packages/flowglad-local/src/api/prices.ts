import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { demoteOthers, find, noPrice, putPrice, refuseTakenSlug } from '../billing/catalog.ts'
import { refused } from '../problems.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { priceInput, withNulls } from './priceInput.ts'
import { presentPrice } from './pricingModelDetails.ts'
import type { Route } from './route.ts'

const text = z.string().nullish()

export function priceRoutes(route: Route): void {
  route(
    'GET',
    '/prices',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(platform.books.prices, query, presentPrice) satisfies PageOf<Flowglad.PriceListResponse>,
  )

  route('GET', '/prices/:id', {}, ({ platform, params }) => ({
    price: presentPrice(find(platform.books.prices, params.id, 'Price')),
  }))

  route('POST', '/prices', { body: z.object({ price: priceInput }) }, ({ platform, now, body }) => {
    const { books } = platform
    const { price } = body
    const owner =
      price.type === 'usage'
        ? find(books.usageMeters, price.usageMeterId, 'UsageMeter')
        : find(books.products, price.productId, 'Product')
    if ('default' in owner && owner.default && price.unitPrice !== 0)
      throw refused('Invalid price.amount: Default products must have zero price')
    if (price.type === 'usage' && price.slug?.endsWith('_no_charge'))
      throw refused('Invalid slug: Usage price slugs ending with "_no_charge" are reserved')
    const terms =
      price.type === 'usage'
        ? { ...price, name: price.name ?? null, slug: price.slug ?? null }
        : { ...price, ...withNulls(price) }
    const stored = putPrice(platform, now, { ...noPrice, ...terms, pricingModelId: owner.pricingModelId })
    return { price: presentPrice(stored) } satisfies Flowglad.PriceCreateResponse
  })

  const changes = z.object({
    name: text,
    slug: text,
    active: z.boolean().optional(),
    isDefault: z.boolean().optional(),
  })
  route('PUT', '/prices/:id', { body: z.object({ price: changes }) }, ({ platform, now, params, body }) => {
    const { books } = platform
    const price = find(books.prices, params.id, 'Price')
    refuseTakenSlug(
      books.prices.by('model', price.pricingModelId).filter((p) => p.active),
      body.price.slug,
      'price',
      price.id,
    )
    const updated = books.prices.patch(price.id, { ...defined(body.price), updatedAt: now })
    if (updated.isDefault) demoteOthers(platform, now, updated)
    return { price: presentPrice(updated) } satisfies Flowglad.PriceUpdateResponse
  })
}
