import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { UsageMeter } from '../database/records/pricing.ts'
import { newRecord } from '../platform/Platform.ts'
import { unexpected } from '../platform/problems.ts'
import { addUsagePrice, hasSlug, meterSlugTaken, noChargeSlug } from '../pricing/catalog.ts'
import { cents, label, units } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

const aggregationType = z.enum(['sum', 'count_distinct_properties'])
const createInput = z.object({
  usageMeter: z.object({
    name: label,
    slug: label,
    aggregationType: aggregationType.default('sum'),
  }),
  price: z.object({ unitPrice: cents.optional(), usageEventsPerUnit: units.optional() }).optional(),
})
const changes = z.object({
  id: z.string(),
  name: label.optional(),
  slug: label.optional(),
  aggregationType: aggregationType.optional(),
})

const presentMeter = (meter: UsageMeter): Flowglad.UsageMeterClientSelectSchema => meter

export function usageMeterRoutes(route: Route): void {
  route(
    'GET',
    '/usage-meters',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        visible(platform, platform.db.usageMeters),
        query,
        presentMeter,
      ) satisfies PageOf<Flowglad.UsageMeterListResponse>,
  )

  route(
    'GET',
    '/usage-meters/:id',
    {},
    ({ platform, params }) =>
      ({
        usageMeter: presentMeter(visible(platform, platform.db.usageMeters).get(params.id, 'usage meters')),
      }) satisfies Flowglad.UsageMeterRetrieveResponse,
  )

  route('POST', '/usage-meters', { body: createInput }, ({ platform, now, body }) => {
    const { db, organizationId, pricingModelId } = platform
    const { slug, name } = body.usageMeter
    if (hasSlug(db.usageMeters.by('model', pricingModelId), slug)) throw meterSlugTaken()
    const meter = db.usageMeters.put({
      ...newRecord('usage_meter', now),
      organizationId,
      pricingModelId,
      ...body.usageMeter,
    })
    // An explicit price of 0 counts as a price.
    const priced = body.price?.unitPrice !== undefined || body.price?.usageEventsPerUnit !== undefined
    const monthly = { intervalUnit: 'month' as const, intervalCount: 1 }
    if (priced)
      addUsagePrice(platform, now, meter, {
        ...monthly,
        name,
        slug,
        unitPrice: body.price?.unitPrice ?? 0,
        usageEventsPerUnit: body.price?.usageEventsPerUnit ?? 1,
        isDefault: true,
      })
    addUsagePrice(platform, now, meter, {
      ...monthly,
      name: `${name} - No Charge`,
      slug: noChargeSlug(slug),
      unitPrice: 0,
      usageEventsPerUnit: 1,
      isDefault: !priced,
    })
    return { usageMeter: presentMeter(meter) } satisfies Flowglad.UsageMeterCreateResponse
  })

  route(
    'PUT',
    '/usage-meters/:id',
    { body: z.object({ usageMeter: changes }) },
    ({ platform, now, params, body }) => {
      const { db } = platform
      const meter = visible(platform, db.usageMeters).find(params.id)
      if (!meter) throw unexpected()
      const { id: _, ...change } = body.usageMeter
      if (hasSlug(db.usageMeters.by('model', meter.pricingModelId), change.slug, meter.id))
        throw meterSlugTaken()
      return {
        usageMeter: presentMeter(db.usageMeters.patch(meter.id, { ...defined(change), updatedAt: now })),
      } satisfies Flowglad.UsageMeterUpdateResponse
    },
  )
}
