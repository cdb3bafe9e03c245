import { z } from 'zod'
import { find, linkFeatures, refuseTakenSlug } from '../billing/catalog.ts'
import type { Feature } from '../database/records.ts'
import { newRecord } from '../platform.ts'
import { units } from '../pricing/bounds.ts'
import { defined } from './defined.ts'
import { listPage, listQuery } from './list.ts'
import { presentFeature } from './pricingModelDetails.ts'
import type { Route } from './route.ts'

const featureInput = z.discriminatedUnion('type', [
  z.object({ type: z.literal('toggle') }),
  z.object({
    type: z.literal('usage_credit_grant'),
    amount: units,
    usageMeterId: z.string(),
    renewalFrequency: z.enum(['once', 'every_billing_period']),
  }),
  z.object({ type: z.literal('resource'), amount: units, resourceId: z.string() }),
])

/** Features, and which products they belong to. */
export function featureRoutes(route: Route): void {
  const createInput = z.object({
    feature: z.intersection(
      z.object({
        name: z.string(),
        slug: z.string(),
        description: z.string().default(''),
        pricingModelId: z.string(),
        active: z.boolean().default(true),
      }),
      featureInput,
    ),
  })

  route('GET', '/features', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.features, query, presentFeature),
  )

  route('GET', '/features/:id', {}, ({ platform, params }) => ({
    feature: presentFeature(find(platform.books.features, params.id, 'Feature')),
  }))

  route('POST', '/features', { body: createInput }, ({ platform, now, body }) => {
    const { books, organizationId } = platform
    const { feature } = body
    find(books.pricingModels, feature.pricingModelId, 'Pricing Model')
    refuseTakenSlug(books.features.by('model', feature.pricingModelId), feature.slug, 'feature')
    if (feature.type === 'usage_credit_grant') find(books.usageMeters, feature.usageMeterId, 'UsageMeter')
    if (feature.type === 'resource') find(books.resources, feature.resourceId, 'Resource')
    const none = { amount: null, usageMeterId: null, renewalFrequency: null, resourceId: null }
    const stored: Feature = { ...newRecord('feature', now), organizationId, ...none, ...feature }
    return { feature: presentFeature(books.features.put(stored)) }
  })

  const changes = z.object({
    name: z.string().optional(),
    slug: z.string().optional(),
    description: z.string().optional(),
    amount: units.optional(),
    active: z.boolean().optional(),
  })
  route(
    'PUT',
    '/features/:id',
    { body: z.object({ feature: changes }) },
    ({ platform, now, params, body }) => {
      const { books } = platform
      const feature = find(books.features, params.id, 'Feature')
      refuseTakenSlug(
        books.features.by('model', feature.pricingModelId),
        body.feature.slug,
        'feature',
        feature.id,
      )
      return {
        feature: presentFeature(
          books.features.patch(feature.id, { ...defined(body.feature), updatedAt: now }),
        ),
      }
    },
  )

  const linkInput = z.object({ productFeature: z.object({ productId: z.string(), featureId: z.string() }) })
  route('GET', '/product-features', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.productFeatures, query, (link) => link),
  )
  route('GET', '/product-features/:id', {}, ({ platform, params }) => ({
    productFeature: find(platform.books.productFeatures, params.id, 'ProductFeature'),
  }))
  route('POST', '/product-features', { body: linkInput }, ({ platform, now, body }) => {
    const { books } = platform
    const { productId, featureId } = body.productFeature
    const product = find(books.products, productId, 'Product')
    const links = books.productFeatures.by('product', productId).filter((link) => link.expiredAt === null)
    linkFeatures(platform, now, product, [...links.map((link) => link.featureId), featureId])
    return {
      productFeature: books.productFeatures.by('product', productId).find((l) => l.featureId === featureId),
    }
  })
  route('POST', '/product-features/:id/expire', {}, ({ platform, now, params }) => {
    const link = find(platform.books.productFeatures, params.id, 'ProductFeature')
    return {
      productFeature: platform.books.productFeatures.patch(link.id, { expiredAt: now, updatedAt: now }),
    }
  })
}
