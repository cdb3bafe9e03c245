import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { periodAt } from '../billing/periods.ts'
import { findUsage, recordUsage, type Usage } from '../billing/recordUsage.ts'
import type { Price, UsageMeter } from '../database/records/pricing.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { UsageEvent } from '../database/records/usage.ts'
import type { Platform } from '../platform/Platform.ts'
import { type Problem, rejected, rejectedResult } from '../platform/problems.ts'
import { listPage, listQuery } from './list.ts'
import type { Route } from './route.ts'

const identifiers = ['priceId', 'priceSlug', 'usageMeterId', 'usageMeterSlug'] as const
const oneIdentifier = 'Exactly one of priceId, priceSlug, usageMeterId, or usageMeterSlug must be provided'

/** Like the platform, accepts every value that `Date` converts to a valid date. */
const usageDate = z.coerce.date().transform((date) => date.getTime())

const deepestProperties = 100

const nestsWithin = (value: unknown, levels: number): boolean =>
  value === null ||
  typeof value !== 'object' ||
  (levels > 0 && Object.values(value).every((inner) => nestsWithin(inner, levels - 1)))

const properties = z
  .record(z.string(), z.unknown())
  .refine((value) => nestsWithin(value, deepestProperties), {
    message: `Nested more than ${deepestProperties} levels deep`,
  })

const eventInput = z
  .object({
    // The fields are in the platform's order, because validation errors follow that order.
    subscriptionId: z.string(),
    amount: z.int().positive(),
    usageDate: usageDate.optional(),
    // Flowglad has a bug: an empty ID matches one of the meter's existing events, so the new event isn't
    // recorded. This server rejects an empty ID.
    transactionId: z.string().min(1),
    properties: properties.nullish(),
    priceId: z.string().optional(),
    priceSlug: z.string().optional(),
    usageMeterId: z.string().optional(),
    usageMeterSlug: z.string().optional(),
  })
  .superRefine((event, context) => {
    if (identifiers.filter((key) => event[key]).length !== 1)
      context.addIssue({ code: 'custom', path: ['priceId'], message: oneIdentifier })
  })

type EventInput = z.output<typeof eventInput>

const presentUsageEvent = (event: UsageEvent): Flowglad.UsageEventRetrieveResponse['usageEvent'] => event

export function usageEventRoutes(route: Route): void {
  route(
    'POST',
    '/usage-events',
    { body: z.object({ usageEvent: eventInput }) },
    ({ platform, now, body }) => {
      const input = body.usageEvent
      const wording: Wording = {
        notFound: (message) => rejectedResult('NotFoundError', message),
        invalid: (message) => rejectedResult('ValidationError', message),
        index: null,
      }
      // The platform looks up a price ID before the subscription, but all other identifiers after the
      // subscription.
      if (input.priceId) resolvePrice(platform, input, wording)
      const subscription = platform.db.subscriptions.find(input.subscriptionId)
      if (!subscription)
        throw rejectedResult('NotFoundError', `No subscriptions found with id: ${input.subscriptionId}`)
      const priced = resolvePrice(platform, input, wording)
      rejectArchived(platform, subscription)
      const existing = findUsage(platform, input.transactionId, priced.meter.id)
      if (existing && existing.subscriptionId !== subscription.id)
        throw rejected(
          `UsageEvent conflict: A usage event already exists for transactionid ${input.transactionId}, but does not belong to subscription ${subscription.id}. Please provide a unique transactionId to create a new usage event.`,
        )
      if (existing) return { usageEvent: presentUsageEvent(existing) }
      if (needsPeriod(platform, now, priced.meter, subscription))
        throw rejected(
          `Invalid billingPeriod: Billing period is required for usage meter "${priced.meter.name}" because it uses "count_distinct_properties" aggregation.`,
        )
      if (needsProperties(priced.meter, input))
        throw rejected(
          `Invalid properties: Properties are required for usage meter "${priced.meter.name}" because it uses "count_distinct_properties" aggregation. Each usage event must have a non-empty properties object to identify the distinct combination being counted.`,
        )
      // The platform treats timestamp 0 as a missing date, except in bulk calls.
      const usage = toUsage(subscription, priced, input, input.usageDate || now)
      return {
        usageEvent: presentUsageEvent(recordUsage(platform, now, usage)),
      } satisfies Flowglad.UsageEventCreateResponse
    },
  )

  route(
    'POST',
    '/usage-events/bulk',
    { body: z.object({ usageEvents: z.array(eventInput) }) },
    ({ platform, now, body }) => {
      // Check each rule for all events before checking the next rule, so that the first error matches the
      // platform's.
      const subscribed = body.usageEvents.map((input, index) => {
        const subscription = platform.db.subscriptions.find(input.subscriptionId)
        if (!subscription)
          throw rejected(`Subscription not found: ${input.subscriptionId} (usage event at index ${index})`)
        return { input, subscription }
      })
      for (const { subscription } of subscribed) rejectArchived(platform, subscription)
      const resolve = (input: EventInput, index: number) =>
        resolvePrice(platform, input, { notFound: rejected, invalid: rejected, index })
      const resolved = new Map<number, ReturnType<typeof resolve>>()
      for (const identifier of ['priceSlug', 'usageMeterSlug', 'priceId'] as const)
        for (const [index, input] of body.usageEvents.entries())
          if (input[identifier]) resolved.set(index, resolve(input, index))
      const usages = subscribed.map(({ input, subscription }, index) => {
        const { meter, price } = resolved.get(index) ?? resolve(input, index)
        if (needsPeriod(platform, now, meter, subscription))
          throw rejected(
            `Invalid billingPeriod: required for usage meter "${meter.name}" at index ${index} (count_distinct_properties aggregation)`,
          )
        if (needsProperties(meter, input))
          throw rejected(
            `Invalid properties: required for usage meter "${meter.name}" at index ${index} (count_distinct_properties aggregation)`,
          )
        return toUsage(subscription, { meter, price }, input, input.usageDate ?? now)
      })
      // The response omits duplicates of stored events and of earlier events in the batch.
      const usageEvents: UsageEvent[] = []
      for (const usage of usages) {
        if (findUsage(platform, usage.transactionId, usage.meter.id)) continue
        usageEvents.push(recordUsage(platform, now, usage))
      }
      return { usageEvents: usageEvents.map(presentUsageEvent) }
    },
  )

  route('GET', '/usage-events', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.db.usageEvents, query, presentUsageEvent),
  )

  route('GET', '/usage-events/:id', {}, ({ platform, params }) => {
    const event = platform.db.usageEvents.find(params.id ?? '')
    if (!event) throw rejectedResult('NotFoundError', `No usage events found with id: ${params.id}`)
    return { usageEvent: presentUsageEvent(event) } satisfies Flowglad.UsageEventRetrieveResponse
  })
}

const needsProperties = (meter: UsageMeter, { properties }: EventInput) =>
  meter.aggregationType === 'count_distinct_properties' && Object.keys(properties ?? {}).length === 0

/** Returns whether the meter counts distinct values per period but the subscription has no current period. */
const needsPeriod = (platform: Platform, now: number, meter: UsageMeter, { id }: Subscription) =>
  meter.aggregationType === 'count_distinct_properties' && !periodAt(platform, id, now)

function rejectArchived({ db }: Platform, subscription: Subscription): void {
  if (db.customers.get(subscription.customerId).archived)
    throw rejected('Cannot create usage event for archived customer')
}

const toUsage = (
  subscription: Subscription,
  { meter, price }: { meter: UsageMeter; price: Price },
  { amount, transactionId, properties }: EventInput,
  usageDate: number,
): Usage => ({
  subscription,
  meter,
  price,
  amount,
  transactionId,
  usageDate,
  properties: properties ?? {},
})

interface Wording {
  notFound: (message: string) => Problem
  invalid: (message: string) => Problem
  index: number | null
}

/** Returns the meter and price that an event identifies in the API key's pricing model. */
function resolvePrice(
  { db, pricingModelId: modelId }: Platform,
  input: EventInput,
  { notFound, invalid, index }: Wording,
): { meter: UsageMeter; price: Price } {
  const elsewhere = "(not in customer's pricing model)"
  const at = `(index ${index})`
  const withDefaultPrice = (meter: UsageMeter) => {
    const prices = db.prices.by('meter', meter.id).filter((price) => price.active)
    const price = prices.find((p) => p.isDefault) ?? prices[0]
    if (!price) throw notFound(`Price not found: no active price for usage meter ${meter.id}`)
    return { meter, price }
  }
  if (input.usageMeterId) {
    const meter = db.usageMeters.find(input.usageMeterId)
    if (meter?.pricingModelId !== modelId)
      throw notFound(`UsageMeter not found: ${input.usageMeterId} ${index === null ? elsewhere : at}`)
    return withDefaultPrice(meter)
  }
  if (input.usageMeterSlug) {
    const meter = db.usageMeters.by('model', modelId).find((m) => m.slug === input.usageMeterSlug)
    if (!meter)
      throw notFound(
        index === null
          ? `UsageMeter not found: with slug ${input.usageMeterSlug} ${elsewhere}`
          : `UsageMeter not found: slug "${input.usageMeterSlug}"`,
      )
    return withDefaultPrice(meter)
  }
  if (input.priceId) {
    const price = db.prices.find(input.priceId)
    if (price?.pricingModelId !== modelId)
      throw notFound(`Price not found: ${input.priceId}${index === null ? '' : ` ${at}`}`)
    if (!price.usageMeterId)
      throw invalid(
        index === null
          ? `Invalid priceId: Price ${price.id} is not a usage price. Please provide a usage price id to create a usage event.`
          : `Invalid priceId: Price ${price.id} at index ${index} is type "${price.type}" which is not a usage price`,
      )
    // Only bulk calls reject archived prices.
    if (index !== null && !price.active) throw notFound(`Price not found: ${price.id} ${elsewhere}`)
    return { meter: db.usageMeters.get(price.usageMeterId), price }
  }
  const slug = input.priceSlug ?? ''
  const named = db.prices.by('model', modelId).filter((price) => price.active && price.slug === slug)
  // Bulk calls accept only usage prices.
  const price =
    index === null
      ? (named.find(({ productId }) => productId) ?? named[0])
      : named.findLast(({ usageMeterId }) => usageMeterId)
  if (!price) throw notFound(`Price not found: with slug ${slug} ${elsewhere}`)
  if (!price.usageMeterId)
    throw invalid(`Invalid priceId: Price ${price.id} does not have a usage meter associated with it.`)
  return { meter: db.usageMeters.get(price.usageMeterId), price }
}
