import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { find, noPrice, putPrice, refuseTakenSlug } from '../billing/catalog.ts'
import type { UsageMeter } from '../database/records.ts'
import { newRecord } from '../platform.ts'
import { cents, units } from '../pricing/bounds.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import type { Route } from './route.ts'

export function usageMeterRoutes(route: Route): void {
  const presentMeter = (meter: UsageMeter): Flowglad.UsageMeterClientSelectSchema => meter
  const aggregationType = z.enum(['sum', 'count_distinct_properties'])
  const createInput = z.object({
    usageMeter: z.object({
      name: z.string(),
      slug: z.string(),
      pricingModelId: z.string(),
      aggregationType: aggregationType.default('sum'),
    }),
    price: z
      .object({
        unitPrice: cents.optional(),
        usageEventsPerUnit: units.optional(),
      })
      .optional(),
  })

  route(
    'GET',
    '/usage-meters',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.books.usageMeters,
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
        usageMeter: presentMeter(find(platform.books.usageMeters, params.id, 'UsageMeter')),
      }) satisfies Flowglad.UsageMeterRetrieveResponse,
  )

  route('POST', '/usage-meters', { body: createInput }, ({ platform, now, body }) => {
    const { books, organizationId } = platform
    const { pricingModelId, slug, name } = body.usageMeter
    find(books.pricingModels, pricingModelId, 'Pricing Model')
    refuseTakenSlug(books.usageMeters.by('model', pricingModelId), slug, 'usage meter')
    const meter = books.usageMeters.put({
      ...newRecord('usage_meter', now),
      organizationId,
      ...body.usageMeter,
    })
    const priced = body.price?.unitPrice !== undefined && body.price.unitPrice > 0
    const common = {
      ...noPrice,
      type: 'usage' as const,
      active: true,
      intervalUnit: 'month' as const,
      intervalCount: 1,
      usageMeterId: meter.id,
      pricingModelId,
    }
    if (priced)
      putPrice(platform, now, {
        ...common,
        name,
        slug,
        unitPrice: body.price?.unitPrice ?? 0,
        usageEventsPerUnit: body.price?.usageEventsPerUnit ?? 1,
        isDefault: true,
      })
    putPrice(platform, now, {
      ...common,
      name: `${name} - No Charge`,
      slug: `${slug}_no_charge`,
      unitPrice: 0,
      usageEventsPerUnit: 1,
      isDefault: !priced,
    })
    return { usageMeter: presentMeter(meter) } satisfies Flowglad.UsageMeterCreateResponse
  })

  const changes = z.object({
    name: z.string().optional(),
    slug: z.string().optional(),
    aggregationType: aggregationType.optional(),
  })
  route(
    'PUT',
    '/usage-meters/:id',
    { body: z.object({ usageMeter: changes }) },
    ({ platform, now, params, body }) => {
      const { books } = platform
      const meter = find(books.usageMeters, params.id, 'UsageMeter')
      refuseTakenSlug(
        books.usageMeters.by('model', meter.pricingModelId),
        body.usageMeter.slug,
        'usage meter',
        meter.id,
      )
      return {
        usageMeter: presentMeter(
          books.usageMeters.patch(meter.id, { ...defined(body.usageMeter), updatedAt: now }),
        ),
      } satisfies Flowglad.UsageMeterUpdateResponse
    },
  )
}
