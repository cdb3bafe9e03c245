import { z } from 'zod'
import { addItemFeature } from '../billing/items.ts'
import { notFound, rejected } from '../platform/problems.ts'
import { epochMs, quantities } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import { featureKinds, namesForeign } from './featureKinds.ts'
import type { Route } from './route.ts'
import { presentFeatureItem } from './subscriptionDetails.ts'
import { visible } from './visible.ts'

const kinds = featureKinds(quantities)
const since = {
  expiredAt: epochMs.nullish(),
  detachedAt: epochMs.nullish(),
  detachedReason: z.string().nullish(),
  manuallyCreated: z.boolean().optional(),
}
const productFeatureId = z.string().nullish()
const ofItem = { subscriptionItemId: z.string(), featureId: z.string(), productFeatureId }
// The platform requires these fields but ignores them. The response has the feature's own name and slug.
const called = { name: z.string(), slug: z.string() }
const changed = { id: z.string(), productFeatureId }

const createInput = z.object({
  subscriptionItemFeature: z.discriminatedUnion('type', [
    z.object({ ...ofItem, ...kinds.toggle, ...since, ...called }),
    z.object({ ...ofItem, ...kinds.grant, ...since, ...called }),
    z.object({ ...ofItem, ...kinds.resource, ...since, ...called }),
  ]),
})
const updateInput = z.object({
  subscriptionItemFeature: z.discriminatedUnion('type', [
    z.object({ ...changed, ...kinds.toggle, ...since }),
    z.object({ ...changed, ...kinds.grant, ...since }),
    z.object({ ...changed, ...kinds.resource, ...since }),
  ]),
})

const rejectedInsert = (why: string) =>
  rejected(
    `Failed to insert item into subscription_features: Failed to insert items into subscription_features: ${why}`,
  )
const notVisible = 'new row violates row-level security policy'

/** Adds the routes for subscription features, whether they come from the plan or were added individually. */
export function subscriptionItemFeatureRoutes(route: Route): void {
  route('GET', '/subscription-item-features/:id', {}, ({ platform, params }) => {
    const feature = platform.db.subscriptionFeatures.find(params.id ?? '')
    if (!feature) throw notFound(`subscriptionItemFeature with id ${params.id} not found.`)
    return { subscriptionItemFeature: presentFeatureItem(platform, feature) }
  })

  // The platform grants a new feature's credits at the next renewal, not immediately.
  route('POST', '/subscription-item-features', { body: createInput }, ({ platform, now, body }) => {
    const { db } = platform
    const given = body.subscriptionItemFeature
    const item = db.subscriptionItems.find(given.subscriptionItemId)
    const feature = visible(platform, db.features).find(given.featureId)
    if (!item || !feature || namesForeign(platform, given)) throw rejectedInsert(notVisible)
    if (db.subscriptionFeatures.by('item', item.id).some(({ featureId }) => featureId === feature.id))
      throw rejectedInsert('duplicate key value violates unique constraint')
    const { subscriptionItemId: _item, featureId: _feature, name: _name, slug: _slug, ...rest } = given
    const stored = addItemFeature(db, now, item, feature, {
      ...{ amount: null, usageMeterId: null, renewalFrequency: null, resourceId: null },
      ...defined(rest),
    })
    return { subscriptionItemFeature: presentFeatureItem(platform, stored) }
  })

  route(
    'PUT',
    '/subscription-item-features/:id',
    { body: updateInput },
    ({ platform, now, params, body }) => {
      const feature = platform.db.subscriptionFeatures.find(params.id ?? '')
      if (!feature) throw notFound(`SubscriptionItemFeature with id ${params.id} not found.`)
      const { id: _, ...change } = body.subscriptionItemFeature
      if (namesForeign(platform, change)) throw rejectedInsert(notVisible)
      return {
        subscriptionItemFeature: presentFeatureItem(
          platform,
          platform.db.subscriptionFeatures.patch(feature.id, { ...defined(change), updatedAt: now }),
        ),
      }
    },
  )
}
