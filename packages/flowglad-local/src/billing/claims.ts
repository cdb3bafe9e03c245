import type { Metadata } from '../database/records/base.ts'
import type { Resource } from '../database/records/pricing.ts'
import type { ResourceClaim, Subscription } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { Problem, rejected } from '../platform/problems.ts'
import { featuresOf, itemsAt } from './items.ts'
import { isTerminal } from './subscriptions.ts'

const claimsAtOnce = 10_000

/** Returns the features that give a subscription seats for a resource at a given time. */
const featuresAt = (platform: Platform, at: number, subscription: Subscription, resource: Resource) =>
  featuresOf(platform, itemsAt(platform, subscription.id, at)).filter(
    ({ resourceId, expiredAt }) => resourceId === resource.id && (expiredAt === null || expiredAt > at),
  )

const capacityAt = (platform: Platform, at: number, subscription: Subscription, resource: Resource): number =>
  featuresAt(platform, at, subscription, resource).reduce((sum, { amount }) => sum + (amount ?? 0), 0)

/** Returns the active claims, oldest first. A temporary claim ends when the scheduled change takes effect. */
export const activeClaims = ({ db }: Platform, at: number, subscription: Subscription): ResourceClaim[] =>
  db.resourceClaims
    .by('subscription', subscription.id)
    .filter((claim) => claim.expiredAt === null || claim.expiredAt > at)

export const findResource = (
  { db }: Platform,
  subscription: Subscription,
  slug: string,
): Resource | undefined =>
  db.resources.by('model', subscription.pricingModelId).find((resource) => resource.slug === slug)

function claimable(platform: Platform, subscription: Subscription, slug: string): Resource {
  const resource = findResource(platform, subscription, slug)
  if (!resource) throw rejected(`Resource with slug "${slug}" not found in pricing model`)
  return resource
}

export function resourceUsage(
  platform: Platform,
  at: number,
  subscription: Subscription,
  resource: Resource,
) {
  const capacity = capacityAt(platform, at, subscription, resource)
  const claimed = activeClaims(platform, at, subscription).filter((c) => c.resourceId === resource.id).length
  return {
    resourceSlug: resource.slug,
    resourceId: resource.id,
    capacity,
    claimed,
    available: capacity - claimed,
  }
}

export interface ClaimRequest {
  resourceSlug: string
  /** The number of anonymous seats to claim. */
  quantity?: number | undefined
  /** The seat's name. Claiming the same name again has no effect. */
  externalId?: string | undefined
  externalIds?: string[] | undefined
  metadata?: Metadata | undefined
}

/** Claims all of the requested seats or none. */
export function claimResource(
  platform: Platform,
  at: number,
  subscription: Subscription,
  request: ClaimRequest,
) {
  const { db, organizationId } = platform
  if (isTerminal(subscription))
    throw rejected(
      `Cannot claim resources: Subscription ${subscription.id} is not active (status: ${subscription.status})`,
    )
  const resource = claimable(platform, subscription, request.resourceSlug)
  if (featuresAt(platform, at, subscription, resource).length === 0)
    throw rejected(`No Resource feature found for resource ${resource.id} in subscription ${subscription.id}`)
  const held = activeClaims(platform, at, subscription).filter((c) => c.resourceId === resource.id)
  const names = request.externalIds ?? (request.externalId === undefined ? null : [request.externalId])
  const newNames = names?.filter((name) => !held.some((claim) => claim.externalId === name))
  const requested = newNames?.length ?? request.quantity ?? 0
  const capacity = capacityAt(platform, at, subscription, resource)
  const available = capacity - held.length
  if (requested > available)
    throw new Problem(
      'BAD_REQUEST',
      `No available capacity. Requested: ${requested}, Available: ${available}, Total capacity: ${capacity}`,
    )
  if (new Set(newNames).size < (newNames?.length ?? 0))
    throw rejected(
      'Failed query: duplicate key value violates unique constraint "resource_claims_active_external_id_unique_idx"',
    )
  // A call's new records stay in memory until the call ends, so a request for millions of seats would exhaust
  // the memory.
  if (requested > claimsAtOnce)
    throw rejected(`One call can claim at most ${claimsAtOnce} seats. Use several calls.`)
  const wanted = newNames ?? Array.from({ length: requested }, () => null)
  const change = scheduledCapacity(platform, subscription, resource)
  const lasting = change ? Math.max(0, change.capacity - held.length) : wanted.length
  const taken = wanted.map((externalId, i) =>
    db.resourceClaims.put({
      ...newRecord('res_claim', at),
      organizationId,
      pricingModelId: subscription.pricingModelId,
      resourceId: resource.id,
      subscriptionId: subscription.id,
      externalId,
      metadata: request.metadata ?? null,
      claimedAt: at,
      releasedAt: null,
      releaseReason: null,
      expiredAt: change && i >= lasting ? change.at : null,
    }),
  )
  return {
    claims: [...held.filter((claim) => names?.includes(claim.externalId ?? '')), ...taken],
    usage: resourceUsage(platform, at, subscription, resource),
  }
}

/**
 * Returns the capacity after a scheduled change. Claims beyond that capacity end when the change takes effect.
 */
function scheduledCapacity(platform: Platform, subscription: Subscription, resource: Resource) {
  if (subscription.status === 'cancellation_scheduled' && subscription.cancelScheduledAt !== null)
    return { at: subscription.cancelScheduledAt, capacity: 0 }
  const at = subscription.scheduledAdjustmentAt
  return at === null ? null : { at, capacity: capacityAt(platform, at, subscription, resource) }
}

export interface ReleaseRequest {
  resourceSlug: string
  /** The number of anonymous seats to release, starting with the oldest. */
  quantity?: number | undefined
  externalId?: string | undefined
  externalIds?: string[] | undefined
  claimIds?: string[] | undefined
}

/** Releases all of the requested seats or none. */
export function releaseResource(
  platform: Platform,
  at: number,
  subscription: Subscription,
  request: ReleaseRequest,
) {
  const resource = claimable(platform, subscription, request.resourceSlug)
  const held = activeClaims(platform, at, subscription).filter((c) => c.resourceId === resource.id)
  const claims = chosenClaims(held, request)
  const releasedClaims = claims.map((claim) =>
    platform.db.resourceClaims.patch(claim.id, {
      releasedAt: at,
      releaseReason: 'released',
      updatedAt: at,
    }),
  )
  return { releasedClaims, usage: resourceUsage(platform, at, subscription, resource) }
}

function chosenClaims(held: ResourceClaim[], request: ReleaseRequest): ResourceClaim[] {
  const { quantity, externalId, externalIds, claimIds } = request
  if (quantity !== undefined) {
    const nameless = held.filter((claim) => claim.externalId === null)
    if (nameless.length < quantity)
      throw rejected(
        `Cannot release ${quantity} anonymous claims. Only ${nameless.length} exist. Use claimIds to release specific claims regardless of type.`,
      )
    return nameless.slice(0, quantity)
  }
  const find = (what: 'id' | 'externalId', value: string) => {
    const claim = held.find((c) => c[what] === value)
    if (!claim) throw rejected(`No active claim found with ${what} "${value}"`)
    return claim
  }
  if (claimIds) return [...new Set(claimIds)].map((id) => find('id', id))
  const names = externalIds ?? (externalId === undefined ? [] : [externalId])
  const claims = [...new Set(names)].map((name) => find('externalId', name))
  // The platform requires as many claims as names, so a repeated name causes an error.
  if (claims.length < names.length) throw rejected('No active claim found with externalId "undefined"')
  return claims
}
