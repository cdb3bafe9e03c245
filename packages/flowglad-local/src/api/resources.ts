import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { duplicateSlug } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejected } from '../platform/problems.ts'
import { defined } from './defined.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

export function resourceRoutes(route: Route): void {
  const resourceFields = z.object({
    slug: z.string(),
    name: z.string(),
    active: z.boolean().default(true),
  })
  const rejectTakenSlug = (platform: Platform, slug: string | undefined, id?: string) => {
    const others = visible(platform, platform.db.resources).all()
    if (slug !== undefined && others.some((other) => other.slug === slug && other.id !== id))
      throw duplicateSlug(id === undefined ? 'insert' : { update: id }, 'resources', slug)
  }

  // The platform doesn't paginate the list of resources.
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

  route(
    'GET',
    '/resources/:id',
    {},
    ({ platform, params }) =>
      ({
        resource: visible(platform, platform.db.resources).get(params.id, 'resources'),
      }) satisfies Flowglad.ResourceRetrieveResponse,
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
      const resource = visible(platform, platform.db.resources).find(params.id)
      if (!resource) throw rejected(`No resources found with id: ${params.id}`)
      const { id: _, ...change } = body.resource
      rejectTakenSlug(platform, change.slug, resource.id)
      return {
        resource: platform.db.resources.patch(resource.id, { ...defined(change), updatedAt: now }),
      } satisfies Flowglad.ResourceUpdateResponse
    },
  )
}
