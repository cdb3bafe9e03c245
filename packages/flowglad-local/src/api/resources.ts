import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import {
  activeClaims,
  claimResource,
  findResource,
  releaseResource,
  resourceUsage,
} from '../billing/claims.ts'
import { featuresOf } from '../billing/items.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { notFound, Problem } from '../platform/problems.ts'
import { hasSlug, slugTaken } from '../pricing/catalog.ts'
import { units } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

/** Removes `subscriptionItemFeatureId`. The SDK's types have this field, but the platform no longer returns it. */
type WithoutFeatureId<T> = T extends (infer Element)[]
  ? WithoutFeatureId<Element>[]
  : T extends object
    ? { [Key in keyof T as Key extends 'subscriptionItemFeatureId' ? never : Key]: WithoutFeatureId<T[Key]> }
    : T

const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional()

/** Requires exactly one of the keys. */
const exactlyOne = (keys: readonly string[]) => (input: object, context: z.core.$RefinementCtx) => {
  const given = Object.entries(input).filter(([key, value]) => keys.includes(key) && value !== undefined)
  if (given.length === 1) return
  const list = keys.length === 2 ? keys.join(' or ') : `${keys.slice(0, -1).join(', ')}, or ${keys.at(-1)}`
  context.addIssue({ code: 'custom', path: [], message: `Exactly one of ${list} must be provided` })
}

const which = {
  resourceSlug: z.string(),
  quantity: units.optional(),
  externalId: z.string().max(255).optional(),
  externalIds: z.array(z.string().max(255)).min(1).optional(),
}
const oneOfClaim = exactlyOne(['quantity', 'externalId', 'externalIds'])
const oneOfRelease = exactlyOne(['quantity', 'externalId', 'externalIds', 'claimIds'])
// The platform runs these checks twice, so it reports each error twice.
const claimInput = z
  .object({ ...which, metadata })
  .superRefine(oneOfClaim)
  .superRefine(oneOfClaim)
const releaseInput = z
  .object({ ...which, claimIds: z.array(z.string()).min(1).optional() })
  .superRefine(oneOfRelease)
  .superRefine(oneOfRelease)
const usageQuery = z
  .object({ resourceSlug: z.string().optional(), resourceId: z.string().optional() })
  .superRefine(exactlyOne(['resourceSlug', 'resourceId']))

/** A list in a query string: either one comma-separated value, as the SDK sends it, or several values. */
const many = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
const usagesQuery = z.object({
  resourceSlugs: many.optional(),
  'resourceSlugs[]': many.optional(),
  resourceIds: many.optional(),
  'resourceIds[]': many.optional(),
})

function findSubscription({ db }: Platform, id: string): Subscription {
  const subscription = db.subscriptions.find(id)
  if (!subscription) throw new Problem('FORBIDDEN', 'Subscription not found')
  return subscription
}

export function resourceRoutes(route: Route): void {
  const resourceFields = z.object({
    slug: z.string(),
    name: z.string(),
    active: z.boolean().default(true),
  })
  const rejectTakenSlug = ({ db, pricingModelId }: Platform, slug: string | undefined, id?: string) => {
    if (hasSlug(db.resources.by('model', pricingModelId), slug, id)) throw slugTaken('resources', slug ?? '')
  }

  // The platform doesn't paginate this list.
  route('GET', '/resources', {}, ({ platform }) => {
    return {
      resources: visible(platform, platform.db.resources).all(),
    } satisfies Flowglad.ResourceListResponse
  })

  route('POST', '/resources', { body: z.object({ resource: resourceFields }) }, ({ platform, now, body }) => {
    const { db, organizationId, pricingModelId } = platform
    rejectTakenSlug(platform, body.resource.slug)
    const record = { ...newRecord('resource', now), organizationId, pricingModelId, ...body.resource }
    return { resource: db.resources.put(record) } satisfies Flowglad.ResourceCreateResponse
  })

  const retrieve = (platform: Platform, id: string | undefined) =>
    visible(platform, platform.db.resources).get(id, 'resources')

  route(
    'GET',
    '/resources/:id',
    {},
    ({ platform, params }) =>
      ({ resource: retrieve(platform, params.id) }) satisfies Flowglad.ResourceRetrieveResponse,
  )

  const changes = z.object({
    id: z.string(),
    name: z.string().optional(),
    slug: z.string().optional(),
    active: z.boolean().optional(),
  })
  route(
    'PUT',
    '/resources/:id',
    { body: z.object({ resource: changes }) },
    ({ platform, now, params, body }) => {
      const { id } = retrieve(platform, params.id)
      const { id: _, ...change } = body.resource
      rejectTakenSlug(platform, change.slug, id)
      return {
        resource: platform.db.resources.patch(id, { ...defined(change), updatedAt: now }),
      } satisfies Flowglad.ResourceUpdateResponse
    },
  )

  route(
    'POST',
    '/resource-claims/:subscriptionId/claim',
    { body: claimInput },
    ({ platform, now, params, body }) => {
      const subscription = findSubscription(platform, params.subscriptionId ?? '')
      return claimResource(
        platform,
        now,
        subscription,
        body,
      ) satisfies WithoutFeatureId<Flowglad.ResourceClaimClaimResponse>
    },
  )

  route(
    'POST',
    '/resource-claims/:subscriptionId/release',
    { body: releaseInput },
    ({ platform, now, params, body }) => {
      const subscription = findSubscription(platform, params.subscriptionId ?? '')
      return releaseResource(
        platform,
        now,
        subscription,
        body,
      ) satisfies WithoutFeatureId<Flowglad.ResourceClaimReleaseResponse>
    },
  )

  route(
    'GET',
    '/resource-claims/:subscriptionId/usage',
    { query: usageQuery },
    ({ platform, now, params, query }) => {
      const subscription = findSubscription(platform, params.subscriptionId ?? '')
      const resource =
        query.resourceSlug === undefined
          ? platform.db.resources.find(query.resourceId ?? '')
          : findResource(platform, subscription, query.resourceSlug)
      if (!resource) throw notFound('Resource not found')
      if (!resourcesOf(platform, subscription).some(({ id }) => id === resource.id))
        throw notFound('Resource is not available on this subscription')
      return usageAndClaims(platform, now, subscription, resource.id)
    },
  )

  route(
    'GET',
    '/resource-claims/:subscriptionId/usages',
    { query: usagesQuery },
    ({ platform, now, params, query }) => {
      const subscription = findSubscription(platform, params.subscriptionId ?? '')
      const slugs = query.resourceSlugs ?? query['resourceSlugs[]']
      const ids = query.resourceIds ?? query['resourceIds[]']
      return resourcesOf(platform, subscription)
        .filter((resource) =>
          slugs ? slugs.includes(resource.slug) : ids ? ids.includes(resource.id) : true,
        )
        .map((resource) =>
          usageAndClaims(platform, now, subscription, resource.id),
        ) satisfies WithoutFeatureId<Flowglad.ResourceClaimListUsagesResponse>
    },
  )

  route(
    'GET',
    '/resource-claims/:subscriptionId/claims',
    { query: z.object({ resourceSlug: z.string().optional() }) },
    ({ platform, now, params, query }) => {
      const subscription = findSubscription(platform, params.subscriptionId ?? '')
      const claims = activeClaims(platform, now, subscription)
      if (query.resourceSlug === undefined) return { claims }
      const only = findResource(platform, subscription, query.resourceSlug)
      if (!only) throw notFound('Resource not found')
      return { claims: claims.filter((claim) => claim.resourceId === only.id) }
    },
  )
}

/** Returns every resource of the subscription's past, current and future items. */
const resourcesOf = (platform: Platform, subscription: Subscription) => {
  const items = platform.db.subscriptionItems.by('subscription', subscription.id)
  const ids = featuresOf(platform, items).flatMap((f) => f.resourceId ?? [])
  return [...new Set(ids)].map((id) => platform.db.resources.get(id))
}

function usageAndClaims(platform: Platform, now: number, subscription: Subscription, resourceId: string) {
  const resource = platform.db.resources.get(resourceId)
  return {
    usage: resourceUsage(platform, now, subscription, resource),
    claims: activeClaims(platform, now, subscription).filter((claim) => claim.resourceId === resourceId),
  } satisfies WithoutFeatureId<Flowglad.ResourceClaimRetrieveUsageResponse>
}
