import { z } from 'zod'
import { catalogue, label } from '../rules/bounds.ts'

const interval = z.enum(['day', 'week', 'month', 'year'])

const feature = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('toggle'),
    slug: label,
    name: z.string(),
    description: z.string().default(''),
    active: z.boolean().default(true),
  }),
  z.object({
    type: z.literal('usage_credit_grant'),
    slug: label,
    name: z.string(),
    description: z.string().default(''),
    active: z.boolean().default(true),
    amount: catalogue.amount,
    renewalFrequency: z.enum(['once', 'every_billing_period']),
    usageMeterSlug: z.string(),
  }),
  z.object({
    type: z.literal('resource'),
    slug: label,
    name: z.string(),
    description: z.string().default(''),
    active: z.boolean().default(true),
    amount: catalogue.amount,
    resourceSlug: z.string(),
  }),
])

const priceBase = {
  name: label.nullish(),
  slug: label.nullish(),
  unitPrice: catalogue.unitPrice,
  isDefault: z.boolean(),
}

const productPrice = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('subscription'),
      ...priceBase,
      active: z.boolean().default(false),
      intervalUnit: interval,
      intervalCount: catalogue.intervalCount,
      trialPeriodDays: catalogue.trialPeriodDays.nullish(),
    }),
    z.object({ type: z.literal('single_payment'), ...priceBase, active: z.boolean().default(false) }),
  ])
  .refine(({ active, isDefault }) => active && isDefault, 'Price must have active=true and isDefault=true')

const usagePrice = z
  .object({
    type: z.literal('usage'),
    ...priceBase,
    active: z.boolean().default(true),
    usageEventsPerUnit: catalogue.usageEventsPerUnit,
    intervalUnit: interval.default('month'),
    intervalCount: catalogue.intervalCount.default(1),
  })
  .refine(({ slug }) => !slug?.endsWith('_no_charge'), {
    path: ['slug'],
    message: 'Usage price slugs ending with "_no_charge" are reserved for auto-generated fallback prices',
  })
  .refine(({ isDefault, active }) => !isDefault || active, {
    path: ['isDefault'],
    message: 'An inactive price cannot be set as default. Set active=true or isDefault=false.',
  })

const product = z.object({
  product: z.object({
    name: label,
    slug: label,
    description: z.string().nullish(),
    active: z.boolean().default(true),
    default: z.boolean().default(false),
    imageURL: z.string().nullish(),
    singularQuantityLabel: z.string().nullish(),
    pluralQuantityLabel: z.string().nullish(),
  }),
  price: productPrice,
  features: z.array(z.string()).default([]),
})

const meter = z.object({
  usageMeter: z.object({
    name: label,
    slug: label,
    aggregationType: z.enum(['sum', 'count_distinct_properties']).default('sum'),
  }),
  prices: z.array(usagePrice).nullish(),
})

const resource = z.object({ slug: label, name: label, active: z.boolean().default(true) })

const unique = <Listed>(noun: string, slugOf: (listed: Listed) => string) =>
  [
    (list: readonly Listed[] | null | undefined) => new Set(list?.map(slugOf)).size === (list?.length ?? 0),
    `${noun} must have unique slugs`,
  ] as const

/**
 * Flowglad's setup format: the body of `POST /pricing-models/setup` and the content of a pricing file. Prices
 * are in cents. `installPricingModel` checks the rules for which Flowglad returns 500; this schema doesn't.
 */
export const pricingSetup = z.object({
  name: label,
  isDefault: z.boolean().default(false),
  features: z.array(feature).refine(...unique<z.output<typeof feature>>('Features', ({ slug }) => slug)),
  products: z
    .array(product)
    .refine(...unique<z.output<typeof product>>('Products', (entry) => entry.product.slug)),
  usageMeters: z
    .array(meter)
    .refine(...unique<z.output<typeof meter>>('Usage meters', ({ usageMeter }) => usageMeter.slug)),
  resources: z
    .array(resource)
    .nullish()
    .refine(...unique<z.output<typeof resource>>('Resources', ({ slug }) => slug)),
})

export type PricingSetup = z.output<typeof pricingSetup>
/** A pricing model in Flowglad's setup format. Fields with defaults are optional. */
export type PricingSetupInput = z.input<typeof pricingSetup>
