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
import type { Platform } from '../platform/Platform.ts'
import { notFound, rejectedResult } from '../platform/problems.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

/** Removes `subscriptionItemFeatureId`. The SDK's types have this field, but the platform no longer returns it. */
type WithoutFeatureId<T> = T extends (infer Element)[]
  ? WithoutFeatureId<Element>[]
  : T extends object
    ? { [Key in keyof T as Key extends 'subscriptionItemFeatureId' ? never : Key]: WithoutFeatureId<T[Key]> }
    : T

const metadata = z.record(z.string(), z.union([z.string().max(500), z.number(), z.boolean()])).optional()

/** Requires exactly one of the keys. */
const exactlyOne = (keys: readonly string[]) => (input: object, context: z.core.$RefinementCtx) => {
  const given = Object.entries(input).filter(([key, value]) => keys.includes(key) && value !== undefined)
  if (given.length === 1) return
  const list = keys.length === 2 ? keys.join(' or ') : `${keys.slice(0, -1).join(', ')}, or ${keys.at(-1)}`
  context.addIssue({ code: 'custom', path: [], message: `Exactly one of ${list} must be provided` })
}

const which = {
  resourceSlug: z.string(),
  quantity: z.number().int().positive().optional(),
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

/**
 * The platform accepts a list only as a repeated parameter: it rejects a single value and ignores
 * `resourceSlugs[]`.
 */
const usagesQuery = z.object({
  resourceSlugs: z.array(z.string()).max(100).optional(),
  resourceIds: z.array(z.string()).optional(),
})

function findSubscription({ db, pricingModelId }: Platform, id: string | undefined): Subscription {
  const subscription = db.subscriptions.find(id ?? '')
  if (subscription?.pricingModelId !== pricingModelId)
    throw rejectedResult('NotFoundError', `No subscriptions found with id: ${id}`)
  return subscription
}

export function resourceClaimRoutes(route: Route): void {
  route(
    'POST',
    '/resource-claims/:subscriptionId/claim',
    { body: claimInput },
    ({ platform, now, params, body }) => {
      const subscription = findSubscription(platform, params.subscriptionId)
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
      const subscription = findSubscription(platform, params.subscriptionId)
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
      const subscription = findSubscription(platform, params.subscriptionId)
      const resource =
        query.resourceSlug === undefined
          ? visible(platform, platform.db.resources).find(query.resourceId)
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
      const subscription = findSubscription(platform, params.subscriptionId)
      const { resourceSlugs: slugs, resourceIds: ids } = query
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
      const subscription = findSubscription(platform, params.subscriptionId)
      const claims = activeClaims(platform, now, subscription)
      if (!query.resourceSlug) return { claims }
      const only = findResource(platform, subscription, query.resourceSlug)
      if (!only) throw notFound('Resource not found')
      return { claims: claims.filter((claim) => claim.resourceId === only.id) }
    },
  )
}

/** Returns every resource of the subscription's past, current and future items, oldest first. */
const resourcesOf = (platform: Platform, subscription: Subscription) => {
  const items = platform.db.subscriptionItems.by('subscription', subscription.id)
  const ids = new Set(featuresOf(platform, items).map((feature) => feature.resourceId))
  return platform.db.resources.by('model', subscription.pricingModelId).filter(({ id }) => ids.has(id))
}

function usageAndClaims(platform: Platform, now: number, subscription: Subscription, resourceId: string) {
  const resource = platform.db.resources.get(resourceId)
  return {
    usage: resourceUsage(platform, now, subscription, resource),
    claims: activeClaims(platform, now, subscription).filter((claim) => claim.resourceId === resourceId),
  } satisfies WithoutFeatureId<Flowglad.ResourceClaimRetrieveUsageResponse>
}
