import { z } from 'zod'
import { addItemFeature } from '../billing/items.ts'
import type { SubscriptionFeature } from '../database/records/subscriptions.ts'
import { failedWrite, type Write } from '../platform/failedWrites.ts'
import type { Platform } from '../platform/Platform.ts'
import { notFound, rejected, rejectedResult } from '../platform/problems.ts'
import { instant, outOfRange } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import { featureKinds, namesForeign } from './featureKinds.ts'
import type { Route } from './route.ts'
import { presentFeatureItem } from './subscriptionDetails.ts'
import { visible } from './visible.ts'

const kinds = featureKinds(z.int(), {})
const since = {
  expiredAt: instant.nullish(),
  detachedAt: instant.nullish(),
  detachedReason: z.string().nullish(),
  manuallyCreated: z.boolean().optional(),
}
const productFeatureId = z.string().nullish()
const ofItem = { subscriptionItemId: z.string(), featureId: z.string(), productFeatureId }
// The platform requires the name and slug in a request but ignores both. The response has the feature's own
// name and slug.
const called = { name: z.string(), slug: z.string() }
const changed = {
  id: z.string(),
  subscriptionItemId: z.string().optional(),
  featureId: z.string().optional(),
  productFeatureId,
}

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

/** The fields of a stored feature, by type. */
const consistent = z.discriminatedUnion('type', [
  z.object(kinds.toggle),
  z.object(kinds.grant),
  z.object(kinds.resource),
])

const refused = (write: Write, why: string) => failedWrite(write, 'subscription_features', why)

type Links = Pick<
  SubscriptionFeature,
  'subscriptionItemId' | 'featureId' | 'productFeatureId' | 'amount' | 'usageMeterId' | 'resourceId'
>

/** Returns the error with which the platform's database rejects a record, or null for a valid record. */
function violation(platform: Platform, next: Links, id?: string): string | null {
  const { db } = platform
  const unstorable = outOfRange(next.amount ?? 0)
  if (unstorable) return unstorable
  const sameItem = db.subscriptionFeatures.by('item', next.subscriptionItemId)
  if (sameItem.some((other) => other.featureId === next.featureId && other.id !== id))
    return 'duplicate key value violates unique constraint'
  const missing =
    !db.subscriptionItems.find(next.subscriptionItemId) ||
    !db.features.find(next.featureId) ||
    (next.productFeatureId !== null && !db.productFeatures.find(next.productFeatureId)) ||
    namesForeign(platform, next)
  return missing
    ? 'insert or update on table "subscription_item_features" violates foreign key constraint'
    : null
}

/**
 * Returns a feature in the API's format. The platform stores a feature of another pricing model but fails to
 * return it.
 */
function present(platform: Platform, feature: SubscriptionFeature) {
  if (!visible(platform, platform.db.features).find(feature.featureId))
    throw rejected('Output validation failed')
  return { subscriptionItemFeature: presentFeatureItem(platform, feature) }
}

/** Adds the routes for subscription features, whether they come from the plan or were added individually. */
export function subscriptionItemFeatureRoutes(route: Route): void {
  route('GET', '/subscription-item-features/:id', {}, ({ platform, params }) => {
    const feature = platform.db.subscriptionFeatures.find(params.id ?? '')
    if (!feature) throw notFound(`subscriptionItemFeature with id ${params.id} not found.`)
    return { subscriptionItemFeature: presentFeatureItem(platform, feature) }
  })

  // The platform doesn't grant a new feature's credits immediately. Recurring credits follow at the next renewal.
  route('POST', '/subscription-item-features', { body: createInput }, ({ platform, now, body }) => {
    const { db } = platform
    const { name: _name, slug: _slug, ...given } = body.subscriptionItemFeature
    const item = db.subscriptionItems.find(given.subscriptionItemId)
    if (!item)
      throw rejectedResult(
        'NotFoundError',
        `No subscription items found with id: ${given.subscriptionItemId}`,
      )
    const empty = {
      productFeatureId: null,
      amount: null,
      usageMeterId: null,
      renewalFrequency: null,
      resourceId: null,
    }
    const next = { ...empty, ...defined(given), subscriptionItemId: item.id, featureId: given.featureId }
    const why = violation(platform, next)
    if (why) throw refused('insert', why)
    return present(platform, addItemFeature(db, now, item, db.features.get(given.featureId), next))
  })

  route(
    'PUT',
    '/subscription-item-features/:id',
    { body: updateInput },
    ({ platform, now, params, body }) => {
      const { subscriptionFeatures } = platform.db
      const feature = subscriptionFeatures.find(params.id ?? '')
      if (!feature)
        throw rejectedResult('NotFoundError', `No subscription features found with id: ${params.id}`)
      const { id: _, ...change } = body.subscriptionItemFeature
      const next = { ...feature, ...defined(change), updatedAt: now }
      const why = violation(platform, next, feature.id)
      if (why) throw refused({ update: feature.id }, why)
      const parsed = consistent.safeParse(next)
      if (!parsed.success)
        throw refused(
          { update: feature.id },
          `createUpdateFunction: Error parsing result: ${JSON.stringify(next)}. Issues: ${JSON.stringify(parsed.error.issues)}`,
        )
      return present(platform, subscriptionFeatures.put(next))
    },
  )
}
