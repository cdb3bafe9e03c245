import { z } from 'zod'
import type { ProductFeature } from '../database/records/pricing.ts'
import type { Platform } from '../platform/Platform.ts'
import { notFound, rejectedResult } from '../platform/problems.ts'
import { linkFeature, rejectToggles, unlinkFeature } from '../pricing/productFeatures.ts'
import { listPage, listQuery } from './list.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

const time = z.coerce
  .date()
  .transform((date) => date.getTime())
  .nullish()
const createInput = z.object({
  productFeature: z.object({ productId: z.string(), featureId: z.string(), expiredAt: time }),
})

/** Adds the routes for the links between products and features. */
export function productFeatureRoutes(route: Route): void {
  route('GET', '/product-features', { query: listQuery }, ({ platform, query }) =>
    listPage({ all: () => links(platform) }, query, (link) => presentLink(platform, link)),
  )

  route('GET', '/product-features/:id', {}, ({ platform, params }) => {
    const link = links(platform).find(({ id }) => id === params.id)
    if (!link) throw rejectedResult('NotFoundError', `No product features found with id: ${params.id}`)
    return { productFeature: presentLink(platform, link) }
  })

  route('POST', '/product-features', { body: createInput }, ({ platform, now, body }) => {
    const { db } = platform
    const { productId, featureId, expiredAt = null } = body.productFeature
    const product = visible(platform, db.products).find(productId)
    if (!product) throw notFound(`Product with id ${productId} not found`)
    visible(platform, db.features).get(featureId, 'features')
    const price = db.prices.by('product', productId).find(({ isDefault, active }) => isDefault && active)
    rejectToggles(platform, price?.type, [featureId])
    const link = linkFeature(platform, now, product, featureId, expiredAt)
    return { productFeature: presentLink(platform, link) }
  })

  // The platform returns no error for an unknown ID.
  route('POST', '/product-features/:id/expire', {}, ({ platform, now, params }) => {
    const link = links(platform).find(({ id }) => id === params.id)
    if (link) unlinkFeature(platform, now, link)
    return { success: true }
  })
}

const links = ({ db, pricingModelId }: Platform) =>
  [...db.productFeatures.all()].filter(
    ({ productId }) => db.products.get(productId).pricingModelId === pricingModelId,
  )

const presentLink = ({ db, organizationId }: Platform, link: ProductFeature) => ({
  ...link,
  organizationId,
  pricingModelId: db.products.get(link.productId).pricingModelId,
})
