import { z } from 'zod'
import { instant, int32Max, metadata } from '../rules/bounds.ts'

/*
 * The platform accepts an item in one of four shapes. If an item fits none of the shapes, the error lists the
 * mistakes for each shape. This file defines the same four shapes, with fields in the platform's order. The
 * first shape has no `id` and accepts every item that fits the second or third shape. An existing item that a
 * caller sends back therefore becomes a new item.
 */

const isUnits = (value: number) => Number.isInteger(value) && value > 0 && value <= int32Max

const units = z
  .number()
  .transform(Number)
  .refine(isUnits, { message: 'Value must be a positive integer' })
  .or(z.literal(0))

const insert = z.object({
  subscriptionId: z.string(),
  name: z.string().nullish(),
  addedDate: instant,
  priceId: z.string().nullish(),
  unitPrice: units,
  quantity: units,
  metadata: metadata.nullish(),
  type: z.literal('static'),
  externalId: z.string().nullish(),
  expiredAt: instant.nullish(),
  manuallyCreated: z.boolean().optional(),
})

const record = z.object({
  id: z.string(),
  createdAt: instant,
  updatedAt: instant,
  livemode: z.boolean(),
  subscriptionId: z.string(),
  name: z.string().nullable(),
  addedDate: instant,
  priceId: z.string().nullable(),
  unitPrice: units,
  quantity: units,
  metadata: metadata.nullish(),
  type: z.literal('static'),
  externalId: z.string().nullable(),
  expiredAt: instant.nullish(),
  manuallyCreated: z.boolean(),
  pricingModelId: z.string(),
})

const oneOfTwo = {
  error:
    'Price identifier required: exactly one of priceId or priceSlug must be provided, not both or neither',
}

const withPriceSlug = insert
  .extend({ priceSlug: z.string().optional() })
  .refine((item) => Boolean(item.priceId) !== Boolean(item.priceSlug), oneOfTwo)

const terse = z
  .object({
    priceId: z.string().optional(),
    priceSlug: z.string().optional(),
    quantity: z.number().int().positive().max(int32Max).optional().default(1),
  })
  .refine((item) => Boolean(item.priceId) !== Boolean(item.priceSlug), oneOfTwo)

/**
 * A subscription item: a price with a quantity, or a full item. A full item's name and cost can differ from
 * those of its price.
 */
export const subscriptionItemInput = z
  // The platform drops the price slug of an item that fits the first shape. If an item of the first shape has
  // no price ID, the platform ignores the item. This server keeps both the slug and the item.
  .union([insert.extend({ priceSlug: z.unknown().optional() }), record, withPriceSlug, terse])
  .transform((item) => {
    const priceId = item.priceId || undefined
    const slug = 'priceSlug' in item && typeof item.priceSlug === 'string' ? item.priceSlug : undefined
    const price = { priceId, priceSlug: priceId === undefined ? slug : undefined }
    if (!('unitPrice' in item)) return { ...price, quantity: item.quantity }
    const { quantity, unitPrice, name = null, metadata = null, manuallyCreated = false } = item
    const { externalId = null, expiredAt = null } = item
    const given = { unitPrice, name, metadata, externalId, expiredAt, manuallyCreated }
    return { ...price, quantity, given }
  })
