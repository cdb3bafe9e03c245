import { z } from 'zod'
import { cents, days, intervals, units } from '../pricing/bounds.ts'

const interval = z.enum(['day', 'week', 'month', 'year'])
const text = z.string().nullish()

const priceFields = {
  name: text,
  slug: text,
  unitPrice: cents,
  isDefault: z.boolean(),
  active: z.boolean().default(true),
}
const subscriptionPrice = z.object({
  type: z.literal('subscription'),
  ...priceFields,
  intervalUnit: interval,
  intervalCount: intervals,
  trialPeriodDays: days.nullish(),
})
const singlePrice = z.object({ type: z.literal('single_payment'), ...priceFields })
const usagePrice = z.object({
  type: z.literal('usage'),
  ...priceFields,
  usageEventsPerUnit: units,
  usageMeterId: z.string(),
  intervalUnit: interval,
  intervalCount: intervals,
})
const ofProduct = { productId: z.string() }

/** A price by itself, which says what it is of. */
export const priceInput = z.discriminatedUnion('type', [
  subscriptionPrice.extend(ofProduct),
  singlePrice.extend(ofProduct),
  usagePrice,
])
/** The price that comes with a new product. */
export const productPriceInput = z.discriminatedUnion('type', [subscriptionPrice, singlePrice, usagePrice])

type Terms = z.output<typeof priceInput> | z.output<typeof productPriceInput>

/** A stored price says null where an input may say nothing. */
export function withNulls(price: Terms) {
  return {
    ...price,
    name: price.name ?? null,
    slug: price.slug ?? null,
    trialPeriodDays: price.type === 'subscription' ? (price.trialPeriodDays ?? null) : null,
  }
}
