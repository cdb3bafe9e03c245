import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { UsageMeter } from '../database/records/pricing.ts'
import { duplicateSlug, explained, refusedValues, type Write } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { conflict, notFound } from '../platform/problems.ts'
import { addUsagePrice, hasSlug, noChargeSlug } from '../pricing/catalog.ts'
import { label, wholeNumber, wholeNumberOrZero } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

const aggregationType = z.enum(['sum', 'count_distinct_properties'])
const createInput = z.object({
  usageMeter: z.object({
    name: z.string(),
    slug: z.string(),
    aggregationType: aggregationType.default('sum'),
  }),
  price: z
    .object({
      type: z.enum(['single_payment', 'subscription', 'usage']).optional(),
      unitPrice: z.number().optional(),
      usageEventsPerUnit: z.number().optional(),
    })
    .optional(),
})
const changes = z.object({
  id: z.string(),
  name: z.string().optional(),
  slug: z.string().optional(),
  aggregationType: aggregationType.optional(),
})
// The platform checks these values only when it stores them, so their errors differ from other input errors.
const labels = z.object({ name: label, slug: label })
const prices = z.object({ unitPrice: wholeNumberOrZero, usageEventsPerUnit: wholeNumber })

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

  route('POST', '/usage-meters', { body: createInput }, ({ platform, now, body }) =>
    explained(
      () =>
        ({
          usageMeter: presentMeter(createMeter(platform, now, body)),
        }) satisfies Flowglad.UsageMeterCreateResponse,
    ),
  )

  route(
    'PUT',
    '/usage-meters/:id',
    { body: z.object({ usageMeter: changes }) },
    ({ platform, now, params, body }) =>
      explained(() => {
        const meter = visible(platform, platform.db.usageMeters).find(params.id)
        if (!meter) throw notFound('The requested usage_meters could not be found.')
        const { id: _, ...change } = body.usageMeter
        const changed = { ...meter, ...defined(change), updatedAt: now }
        return {
          usageMeter: presentMeter(storeMeter(platform, { update: meter.id }, changed)),
        } satisfies Flowglad.UsageMeterUpdateResponse
      }),
  )
}

function createMeter(
  platform: Platform,
  now: number,
  { usageMeter, price: given }: z.output<typeof createInput>,
): UsageMeter {
  const { organizationId, pricingModelId } = platform
  const meter = storeMeter(platform, 'insert', {
    ...newRecord('usage_meter', now),
    organizationId,
    pricingModelId,
    ...usageMeter,
  })
  const { name, slug } = meter
  // A `unitPrice` of 0 counts as a price.
  const priced = given?.unitPrice !== undefined || given?.usageEventsPerUnit !== undefined
  const monthly = { intervalUnit: 'month', intervalCount: 1 } as const
  if (priced) {
    const terms = prices.safeParse({ unitPrice: 0, usageEventsPerUnit: 1, ...given })
    if (!terms.success) throw refusedValues('bulk insert', 'prices', terms.error.issues)
    const price = { ...monthly, ...terms.data, name, slug, isDefault: true }
    addUsagePrice(platform, now, meter, price, 'bulk insert')
  }
  addUsagePrice(platform, now, meter, {
    ...monthly,
    name: `${name} - No Charge`,
    slug: noChargeSlug(slug),
    unitPrice: 0,
    usageEventsPerUnit: 1,
    isDefault: !priced,
  })
  return meter
}

function storeMeter(platform: Platform, write: Write, meter: UsageMeter): UsageMeter {
  const { db } = platform
  const slug = meter.slug.trim()
  if (hasSlug(db.usageMeters.by('model', meter.pricingModelId), slug, meter.id))
    throw duplicateSlug(
      write,
      'usage_meters',
      slug,
      conflict('A usage meter with this slug already exists in this pricing model.'),
    )
  const trimmed = labels.safeParse(meter)
  if (!trimmed.success) throw refusedValues(write, 'usage_meters', trimmed.error.issues)
  return db.usageMeters.put({ ...meter, ...trimmed.data })
}
