import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import {
  activeClaims,
  claimResource,
  findResource,
  releaseResource,
  resourceUsage,
} from '../billing/claims.ts'
import { featuresOf, itemsAt } from '../billing/subscriptions.ts'
import type { Subscription } from '../database/records.ts'
import { newRecord, type Platform } from '../platform.ts'
import { units } from '../pricing/bounds.ts'
import { notFound, Problem } from '../problems.ts'
import type { Route } from './route.ts'

const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional()

/** Exactly one way of saying which seats. */
const exactlyOne = (keys: readonly string[]) => (input: object, context: z.core.$RefinementCtx) => {
  const given = Object.entries(input).filter(([key, value]) => keys.includes(key) && value !== undefined)
  if (given.length !== 1) {
    const list = `${keys.slice(0, -1).join(', ')}, or ${keys.at(-1)}`
    context.addIssue({ code: 'custom', path: [], message: `Exactly one of ${list} must be provided` })
  }
}

const which = {
  resourceSlug: z.string(),
  quantity: units.optional(),
  externalId: z.string().max(255).optional(),
  externalIds: z.array(z.string().max(255)).min(1).optional(),
}
const claimInput = z
  .object({ ...which, metadata })
  .superRefine(exactlyOne(['quantity', 'externalId', 'externalIds']))
const releaseInput = z
  .object({ ...which, claimIds: z.array(z.string()).min(1).optional() })
  .superRefine(exactlyOne(['quantity', 'externalId', 'externalIds', 'claimIds']))

/** A list in a query string comes as one value, with commas as the SDK sends it, or as several. */
const many = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
const usagesQuery = z.object({
  resourceSlugs: many.optional(),
  'resourceSlugs[]': many.optional(),
  resourceIds: many.optional(),
  'resourceIds[]': many.optional(),
})

function findSubscription({ books }: Platform, id: string): Subscription {
  const subscription = books.subscriptions.find(id)
  if (!subscription) throw new Problem('FORBIDDEN', 'Subscription not found')
  return subscription
}

export function resourceRoutes(route: Route): void {
  const resourceFields = z.object({
    name: z.string(),
    slug: z.string(),
    pricingModelId: z.string(),
    active: z.boolean().default(true),
  })

  route('GET', '/resources', { query: z.object({ pricingModelId: z.string() }) }, ({ platform, query }) => {
    return {
      resources: platform.books.resources.by('model', query.pricingModelId),
    } satisfies Flowglad.ResourceListResponse
  })

  route('POST', '/resources', { body: z.object({ resource: resourceFields }) }, ({ platform, now, body }) => {
    const { books, organizationId } = platform
    if (!books.pricingModels.find(body.resource.pricingModelId))
      throw notFound(`Pricing Model not found with id: ${body.resource.pricingModelId}`)
    return {
      resource: books.resources.put({ ...newRecord('resource', now), organizationId, ...body.resource }),
    } satisfies Flowglad.ResourceCreateResponse
  })

  const retrieve = ({ books }: Platform, id: string) => {
    const resource = books.resources.find(id)
    if (!resource) throw notFound(`Resource not found with id: ${id}`)
    return resource
  }

  route(
    'GET',
    '/resources/:id',
    {},
    ({ platform, params }) =>
      ({ resource: retrieve(platform, params.id ?? '') }) satisfies Flowglad.ResourceRetrieveResponse,
  )

  const changes = z.object({
    name: z.string().optional(),
    slug: z.string().optional(),
    active: z.boolean().optional(),
  })
  route(
    'PUT',
    '/resources/:id',
    { body: z.object({ resource: changes }) },
    ({ platform, now, params, body }) => {
      const { id, name, slug, active } = retrieve(platform, params.id ?? '')
      return {
        resource: platform.books.resources.patch(id, {
          name: body.resource.name ?? name,
          slug: body.resource.slug ?? slug,
          active: body.resource.active ?? active,
          updatedAt: now,
        }),
      } satisfies Flowglad.ResourceUpdateResponse
    },
  )

  route(
    'POST',
    '/resource-claims/:subscriptionId/claim',
    { body: claimInput },
    ({ platform, now, params, body }) => {
      const subscription = findSubscription(platform, params.subscriptionId ?? '')
      return claimResource(platform, now, subscription, body) satisfies Flowglad.ResourceClaimClaimResponse
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
      ) satisfies Flowglad.ResourceClaimReleaseResponse
    },
  )

  const usageQuery = z.object({ resourceSlug: z.string().optional(), resourceId: z.string().optional() })
  route(
    'GET',
    '/resource-claims/:subscriptionId/usage',
    { query: usageQuery },
    ({ platform, now, params, query }) => {
      const subscription = findSubscription(platform, params.subscriptionId ?? '')
      const resource =
        query.resourceSlug === undefined
          ? platform.books.resources.find(query.resourceId ?? '')
          : findResource(platform, subscription, query.resourceSlug)
      if (!resource) throw notFound('Resource not found')
      if (!resourcesOf(platform, now, subscription).some(({ id }) => id === resource.id))
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
      return resourcesOf(platform, now, subscription)
        .filter((resource) =>
          slugs ? slugs.includes(resource.slug) : ids ? ids.includes(resource.id) : true,
        )
        .map((resource) =>
          usageAndClaims(platform, now, subscription, resource.id),
        ) satisfies Flowglad.ResourceClaimListUsagesResponse
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

const resourcesOf = (platform: Platform, now: number, subscription: Subscription) => {
  const ids = featuresOf(platform, itemsAt(platform, subscription.id, now)).flatMap((f) => f.resourceId ?? [])
  return [...new Set(ids)].map((id) => platform.books.resources.get(id))
}

function usageAndClaims(platform: Platform, now: number, subscription: Subscription, resourceId: string) {
  const resource = platform.books.resources.get(resourceId)
  return {
    usage: resourceUsage(platform, now, subscription, resource),
    claims: activeClaims(platform, now, subscription).filter((claim) => claim.resourceId === resourceId),
  } satisfies Flowglad.ResourceClaimRetrieveUsageResponse
}
