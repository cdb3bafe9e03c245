import { z } from 'zod'
import { catalogue, label } from '../rules/bounds.ts'

const interval = z.enum(['day', 'week', 'month', 'year'])
const active = z.boolean().optional()
/** A field that only other price types have; must be null or absent. */
const nothing = z
  .null()
  .optional()
  .transform(() => null)

// The fields are in the platform's order, because validation errors follow that order.
const feature = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('toggle'),
    slug: label,
    name: z.string(),
    description: z.string(),
    active,
  }),
  z.object({
    type: z.literal('usage_credit_grant'),
    slug: label,
    name: z.string(),
    description: z.string(),
    amount: catalogue.amount,
    renewalFrequency: z.enum(['once', 'every_billing_period']),
    active,
    usageMeterSlug: z.string(),
  }),
  z.object({
    type: z.literal('resource'),
    slug: label,
    name: z.string(),
    description: z.string(),
    amount: catalogue.amount,
    active,
    resourceSlug: z.string(),
  }),
])

const name = label.optional()
// The platform accepts a currency but uses the organization's currency instead.
const ending = { active, slug: label.optional(), usageMeterId: nothing, currency: z.string().optional() }

const productPrice = z
  .discriminatedUnion('type', [
    z.object({
      intervalUnit: interval,
      name,
      intervalCount: catalogue.intervalCount,
      type: z.literal('subscription'),
      trialPeriodDays: catalogue.trialPeriodDays.nullish(),
      isDefault: z.boolean(),
      unitPrice: catalogue.unitPrice,
      usageEventsPerUnit: nothing,
      ...ending,
    }),
    z.object({
      intervalUnit: nothing,
      name,
      intervalCount: nothing,
      type: z.literal('single_payment'),
      trialPeriodDays: nothing,
      isDefault: z.boolean(),
      unitPrice: catalogue.unitPrice,
      usageEventsPerUnit: nothing,
      ...ending,
    }),
  ])
  .refine((price) => price.active && price.isDefault, 'Price must have active=true and isDefault=true')

const usagePrice = z
  .object({
    intervalUnit: interval,
    name,
    intervalCount: catalogue.intervalCount,
    type: z.literal('usage'),
    trialPeriodDays: nothing,
    isDefault: z.boolean(),
    unitPrice: catalogue.unitPrice,
    usageEventsPerUnit: catalogue.usageEventsPerUnit,
    active,
    slug: label.optional(),
    currency: z.string().optional(),
  })
  .refine(({ slug }) => !slug?.endsWith('_no_charge'), {
    path: ['slug'],
    message: 'Usage price slugs ending with "_no_charge" are reserved for auto-generated fallback prices',
  })
  .refine((price) => !price.isDefault || price.active !== false, {
    path: ['isDefault'],
    message: 'An inactive price cannot be set as default. Set active=true or isDefault=false.',
  })

/** The fields of a product without its price and features. */
export const productDetails = z.object({
  name: label,
  description: z.string().nullish(),
  imageURL: z.string().nullish(),
  active: z.boolean(),
  singularQuantityLabel: z.string().nullish(),
  pluralQuantityLabel: z.string().nullish(),
  default: z.boolean().optional(),
  slug: label,
})

const product = z.object({
  product: productDetails,
  price: productPrice,
  features: z.array(z.string()),
})

const meter = z.object({
  usageMeter: z.object({
    name: z.string(),
    slug: z.string(),
    aggregationType: z.enum(['sum', 'count_distinct_properties']).optional(),
  }),
  prices: z.array(usagePrice).optional(),
})

const resource = z.object({ slug: label, name: label, active })

const unique = <Listed>(noun: string, slugOf: (listed: Listed) => string) =>
  [
    (list: readonly Listed[] | undefined) => new Set(list?.map(slugOf)).size === (list?.length ?? 0),
    `${noun} must have unique slugs`,
  ] as const

/** The parts of a pricing model, in calls that create or update a model. */
export const pricingParts = {
  features: z.array(feature).refine(...unique<z.output<typeof feature>>('Features', ({ slug }) => slug)),
  products: z
    .array(product)
    .refine(...unique<z.output<typeof product>>('Products', (entry) => entry.product.slug)),
  usageMeters: z
    .array(meter)
    .refine(...unique<z.output<typeof meter>>('Usage meters', ({ usageMeter }) => usageMeter.slug)),
  resources: z
    .array(resource)
    .optional()
    .refine(...unique<z.output<typeof resource>>('Resources', ({ slug }) => slug)),
}

/**
 * Flowglad's setup format: the body of `POST /pricing-models/setup` and the content of a pricing file. Prices
 * are in cents. `validateSetup` checks the rules for which Flowglad returns 500; this schema doesn't.
 */
export const pricingSetup = z.object({ isDefault: z.boolean().default(false), name: label, ...pricingParts })

export type PricingSetup = z.output<typeof pricingSetup>
/** A pricing model in Flowglad's setup format. */
export type PricingSetupInput = z.input<typeof pricingSetup>
