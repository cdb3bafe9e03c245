import { z } from 'zod'
import type { Feature } from '../database/records/pricing.ts'
import { duplicateSlug, failedWrite, type Write } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { hasSlug, outOfRange, overflows } from '../pricing/catalog.ts'
import { switchFeature } from '../pricing/productFeatures.ts'
import { label, wholeNumber } from '../rules/bounds.ts'
import { leftovers } from '../rules/featureKind.ts'
import { defined } from './defined.ts'
import { featureKinds, namesForeign } from './featureKinds.ts'
import { listPage, listQuery } from './list.ts'
import { presentFeature } from './pricingModelDetails.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

const newKinds = featureKinds(wholeNumber, { pricingModelId: z.string() })
const kinds = featureKinds(wholeNumber, {})
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
    z.object({ ...requiredFields, ...newKinds.toggle, active: z.boolean().default(true) }),
    z.object({ ...requiredFields, ...newKinds.grant, active: z.boolean().default(true) }),
    z.object({ ...requiredFields, ...newKinds.resource, active: z.boolean().default(true) }),
  ]),
})
const updateInput = z.object({
  feature: z.discriminatedUnion('type', [
    z.object({ id, ...optionalFields, ...kinds.toggle, active: z.boolean().optional() }),
    z.object({ id, ...optionalFields, ...kinds.grant, active: z.boolean().optional() }),
    z.object({ id, ...optionalFields, ...kinds.resource, active: z.boolean().optional() }),
  ]),
})

export function featureRoutes(route: Route): void {
  route('GET', '/features', { query: listQuery }, ({ platform, query }) =>
    listPage(visible(platform, platform.db.features), query, presentFeature),
  )

  route('GET', '/features/:id', {}, ({ platform, params }) => ({
    feature: presentFeature(visible(platform, platform.db.features).get(params.id, 'features')),
  }))

  route('POST', '/features', { body: createInput }, ({ platform, now, body }) => {
    const { organizationId, pricingModelId } = platform
    const { feature } = body
    if (feature.pricingModelId !== pricingModelId)
      throw failedWrite(
        'insert',
        'features',
        `the API key has no access to the pricing model ${feature.pricingModelId}`,
      )
    const stored = storeFeature(platform, 'insert', {
      ...newRecord('feature', now),
      organizationId,
      ...feature,
      amount: feature.amount ?? null,
      usageMeterId: feature.usageMeterId ?? null,
      renewalFrequency: feature.renewalFrequency ?? null,
      resourceId: feature.resourceId ?? null,
    })
    return { feature: presentFeature(stored) }
  })

  route('PUT', '/features/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const feature = visible(platform, platform.db.features).get(params.id, 'features')
    const { id: _, ...change } = body.feature
    const updated = storeFeature(
      platform,
      { update: feature.id },
      { ...feature, ...defined(change), updatedAt: now },
    )
    if (updated.active !== feature.active) switchFeature(platform, now, updated)
    return { feature: presentFeature(updated) }
  })
}

function storeFeature(platform: Platform, write: Write, feature: Feature): Feature {
  const { db } = platform
  const fail = (reason: string) => failedWrite(write, 'features', reason)
  if (overflows(feature.amount)) throw outOfRange(write, 'features')
  if (hasSlug(db.features.by('model', feature.pricingModelId), feature.slug, feature.id))
    throw duplicateSlug(write, 'features', feature.slug)
  if (namesForeign(platform, feature)) throw fail('there is no such meter or resource')
  const fields = leftovers(feature)
  if (fields.length > 0) throw fail(`${fields.join(', ')} must be null in a feature of type ${feature.type}`)
  return db.features.put(feature)
}
