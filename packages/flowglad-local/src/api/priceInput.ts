import { z } from 'zod'

const interval = z.enum(['day', 'week', 'month', 'year'])
const text = z.string().nullish()

const priceFields = {
  name: text,
  slug: text,
  unitPrice: z.int().nonnegative(),
  isDefault: z.boolean(),
  active: z.boolean().default(true),
}
const subscriptionPrice = z.object({
  type: z.literal('subscription'),
  ...priceFields,
  intervalUnit: interval,
  intervalCount: z.int().positive(),
  trialPeriodDays: z.int().nonnegative().nullish(),
})
const singlePrice = z.object({ type: z.literal('single_payment'), ...priceFields })
const usagePrice = z.object({
  type: z.literal('usage'),
  ...priceFields,
  usageEventsPerUnit: z.int().positive(),
  usageMeterId: z.string(),
  intervalUnit: interval,
  intervalCount: z.int().positive(),
})
const ofProduct = { productId: z.string() }
export const priceInput = z.discriminatedUnion('type', [
  subscriptionPrice.extend(ofProduct),
  singlePrice.extend(ofProduct),
  usagePrice,
])
export const productPriceInput = z.discriminatedUnion('type', [subscriptionPrice, singlePrice])

/** A stored price says null where an input may say nothing. */
export function withNulls(price: z.output<typeof productPriceInput>) {
  return {
    ...price,
    name: price.name ?? null,
    slug: price.slug ?? null,
    trialPeriodDays: (price.type === 'subscription' && price.trialPeriodDays) || null,
  }
}
