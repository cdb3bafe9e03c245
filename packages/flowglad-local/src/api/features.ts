import { z } from 'zod'
import type { Feature, ProductFeature } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { notFound, rejected } from '../platform/problems.ts'
import {
  hasSlug,
  linkFeatures,
  slugTaken,
  switchFeature,
  togglesOnSinglePayment,
  unlinkFeature,
} from '../pricing/catalog.ts'
import { catalogue, label } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import { featureKinds, namesForeign } from './featureKinds.ts'
import { listPage, listQuery } from './list.ts'
import { presentFeature } from './pricingModelDetails.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

const kinds = featureKinds(catalogue.amount)
const requiredFields = { slug: label, name: z.string(), description: z.string() }
const optionalFields = {
  slug: label.optional(),
  name: z.string().optional(),
  description: z.string().optional(),
}
const id = z.string()

// The fields are in the platform's order, because validation errors follow that order.
const createInput = z.object({
  feature: z.discriminatedUnion('type', [
    z.object({ ...requiredFields, ...kinds.toggle, active: z.boolean().default(true) }),
    z.object({ ...requiredFields, ...kinds.grant, active: z.boolean().default(true) }),
    z.object({ ...requiredFields, ...kinds.resource, active: z.boolean().default(true) }),
  ]),
})
const updateInput = z.object({
  feature: z.discriminatedUnion('type', [
    z.object({ id, ...optionalFields, ...kinds.toggle, active: z.boolean().optional() }),
    z.object({ id, ...optionalFields, ...kinds.grant, active: z.boolean().optional() }),
    z.object({ id, ...optionalFields, ...kinds.resource, active: z.boolean().optional() }),
  ]),
})

/** Adds the routes for features and for their links to products. */
export function featureRoutes(route: Route): void {
  route('GET', '/features', { query: listQuery }, ({ platform, query }) =>
    listPage(visible(platform, platform.db.features), query, presentFeature),
  )

  route('GET', '/features/:id', {}, ({ platform, params }) => ({
    feature: presentFeature(visible(platform, platform.db.features).get(params.id, 'features')),
  }))

  route('POST', '/features', { body: createInput }, ({ platform, now, body }) => {
    const { db, organizationId, pricingModelId } = platform
    const { feature } = body
    rejectForeign(platform, feature)
    if (hasSlug(db.features.by('model', pricingModelId), feature.slug))
      throw slugTaken('features', feature.slug)
    const stored: Feature = {
      ...newRecord('feature', now),
      organizationId,
      pricingModelId,
      ...feature,
      amount: feature.amount ?? null,
      usageMeterId: feature.usageMeterId ?? null,
      renewalFrequency: feature.renewalFrequency ?? null,
      resourceId: feature.resourceId ?? null,
    }
    return { feature: presentFeature(db.features.put(stored)) }
  })

  route('PUT', '/features/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { db } = platform
    const feature = visible(platform, db.features).get(params.id, 'features')
    const { id: _, ...change } = body.feature
    rejectForeign(platform, change)
    if (hasSlug(db.features.by('model', feature.pricingModelId), change.slug, feature.id))
      throw slugTaken('features', change.slug ?? '')
    const updated = db.features.patch(feature.id, { ...defined(change), updatedAt: now })
    if (updated.active !== feature.active) switchFeature(platform, now, updated)
    return { feature: presentFeature(updated) }
  })

  const linkInput = z.object({ productFeature: z.object({ productId: z.string(), featureId: z.string() }) })

  route('GET', '/product-features', { query: listQuery }, ({ platform, query }) =>
    listPage(links(platform), query, (link) => presentLink(platform, link)),
  )

  route('GET', '/product-features/:id', {}, ({ platform, params }) => {
    const link = links(platform)
      .all()
      .find(({ id }) => id === params.id)
    if (!link)
      throw rejected(`Unwrap called on Err: NotFoundError: No product features found with id: ${params.id}`)
    return { productFeature: presentLink(platform, link) }
  })

  route('POST', '/product-features', { body: linkInput }, ({ platform, now, body }) => {
    const { db } = platform
    const { productId } = body.productFeature
    const product = visible(platform, db.products).find(productId)
    if (!product) throw notFound(`Product with id ${productId} not found`)
    const { id: featureId } = visible(platform, db.features).get(body.productFeature.featureId, 'features')
    const price = db.prices.by('product', productId).find(({ isDefault, active }) => isDefault && active)
    if (togglesOnSinglePayment(platform, price?.type, [featureId]))
      throw rejected(
        'Cannot associate toggle features with single payment products. Toggle features require subscription-based pricing.',
      )
    const linked = db.productFeatures.by('product', productId)
    const kept = linked.filter((link) => link.expiredAt === null).map((link) => link.featureId)
    linkFeatures(platform, now, product, [...kept, featureId])
    const link = db.productFeatures.by('product', productId).find((l) => l.featureId === featureId)
    return { productFeature: link && presentLink(platform, link) }
  })

  // The platform returns no error for an unknown ID.
  route('POST', '/product-features/:id/expire', {}, ({ platform, now, params }) => {
    const link = links(platform)
      .all()
      .find(({ id }) => id === params.id)
    if (link && link.expiredAt === null) unlinkFeature(platform, now, link)
    return { success: true }
  })
}

const links = ({ db, pricingModelId }: Platform) => ({
  all: () =>
    [...db.productFeatures.all()].filter(
      ({ productId }) => db.products.get(productId).pricingModelId === pricingModelId,
    ),
})

const presentLink = ({ db, organizationId }: Platform, link: ProductFeature) => ({
  ...link,
  organizationId,
  pricingModelId: db.products.get(link.productId).pricingModelId,
})

function rejectForeign(platform: Platform, feature: Parameters<typeof namesForeign>[1]): void {
  if (namesForeign(platform, feature))
    throw rejected(
      'Failed to insert item into features: new row violates row-level security policy for table "features"',
    )
}
