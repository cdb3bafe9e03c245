import { z } from 'zod'
import { catalogue, wholeNumber, wholeNumberOrZero } from '../rules/bounds.ts'

const interval = z.enum(['day', 'week', 'month', 'year'])
const text = z.string().nullish()
/** A field that only other price types have; must be null or absent. */
const nothing = z.null().optional()

const recurring = { intervalUnit: interval, name: text, intervalCount: catalogue.intervalCount }
const terms = { isDefault: z.boolean(), unitPrice: wholeNumberOrZero }
const rest = { active: z.boolean().default(true), slug: text }
const product = { productId: z.string() }

// The fields are in the platform's order, because validation errors follow that order.
const subscriptionPrice = z.object({
  ...recurring,
  type: z.literal('subscription'),
  trialPeriodDays: catalogue.trialPeriodDays.nullish(),
  ...terms,
  usageEventsPerUnit: nothing,
  ...product,
  ...rest,
  usageMeterId: nothing,
})
const singlePrice = z.object({
  intervalUnit: nothing,
  name: text,
  intervalCount: nothing,
  type: z.literal('single_payment'),
  trialPeriodDays: nothing,
  ...terms,
  usageEventsPerUnit: nothing,
  ...product,
  ...rest,
  usageMeterId: nothing,
})
const usagePrice = z.object({
  ...recurring,
  type: z.literal('usage'),
  trialPeriodDays: nothing,
  ...terms,
  usageEventsPerUnit: wholeNumber,
  productId: nothing,
  ...rest,
  usageMeterId: z.string(),
})

/** A price with the ID of its product or meter. */
export const priceInput = z.discriminatedUnion('type', [subscriptionPrice, singlePrice, usagePrice])
/** A new product's price. It has no product ID yet. */
export const productPriceInput = z.discriminatedUnion('type', [
  subscriptionPrice.omit({ productId: true }),
  singlePrice.omit({ productId: true }),
  usagePrice.omit({ productId: true }),
])

type Terms = z.output<typeof priceInput> | z.output<typeof productPriceInput>

/** Replaces missing fields with null, because a stored price has every field. */
export function withNulls(price: Terms) {
  return {
    ...price,
    name: price.name ?? null,
    slug: price.slug ?? null,
    intervalUnit: price.intervalUnit ?? null,
    intervalCount: price.intervalCount ?? null,
    trialPeriodDays: price.trialPeriodDays ?? null,
    usageEventsPerUnit: price.usageEventsPerUnit ?? null,
    productId: ('productId' in price && price.productId) || null,
    usageMeterId: price.usageMeterId ?? null,
  }
}
