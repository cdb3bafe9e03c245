import { z } from 'zod'
import { cents, days, intervals, label, units } from './bounds.ts'

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
    amount: units,
    renewalFrequency: z.enum(['once', 'every_billing_period']),
    usageMeterSlug: z.string(),
  }),
  z.object({
    type: z.literal('resource'),
    slug: label,
    name: z.string(),
    description: z.string().default(''),
    active: z.boolean().default(true),
    amount: units,
    resourceSlug: z.string(),
  }),
])

const priceBase = {
  name: z.string().nullish(),
  slug: z.string().nullish(),
  unitPrice: cents,
  isDefault: z.boolean(),
  active: z.boolean(),
}

const productPrice = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('subscription'),
    ...priceBase,
    intervalUnit: interval,
    intervalCount: intervals,
    trialPeriodDays: days.nullish(),
  }),
  z.object({ type: z.literal('single_payment'), ...priceBase }),
])

const usagePrice = z.object({
  type: z.literal('usage'),
  name: z.string().nullish(),
  slug: z.string().nullish(),
  unitPrice: cents,
  usageEventsPerUnit: units,
  isDefault: z.boolean(),
  active: z.boolean(),
  intervalUnit: interval.default('month'),
  intervalCount: intervals.default(1),
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

/**
 * Flowglad's setup format: the body of `POST /pricing-models/setup`, and what a pricing file holds. Prices in cents.
 * Rules that Flowglad checks later, and answers with 500, are in `installPricingModel`.
 */
export const pricingSetup = z
  .object({
    name: label,
    isDefault: z.boolean().default(false),
    features: z.array(feature),
    products: z.array(product),
    usageMeters: z.array(
      z.object({
        usageMeter: z.object({
          name: label,
          slug: label,
          aggregationType: z.enum(['sum', 'count_distinct_properties']).default('sum'),
        }),
        prices: z.array(usagePrice).nullish(),
      }),
    ),
    resources: z.array(z.object({ slug: label, name: label, active: z.boolean().default(true) })).nullish(),
  })
  .superRefine((setup, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    const unique = (path: string, noun: string, slugs: string[]) => {
      if (new Set(slugs).size < slugs.length) refuse([path], `${noun} must have unique slugs`)
    }
    unique(
      'features',
      'Features',
      setup.features.map((f) => f.slug),
    )
    unique(
      'products',
      'Products',
      setup.products.map((p) => p.product.slug),
    )
    unique(
      'usageMeters',
      'Usage meters',
      setup.usageMeters.map((m) => m.usageMeter.slug),
    )
    unique(
      'resources',
      'Resources',
      (setup.resources ?? []).map((r) => r.slug),
    )
    for (const [i, { price }] of setup.products.entries()) {
      if (!price.active || !price.isDefault)
        refuse(['products', i, 'price'], 'Price must have active=true and isDefault=true')
    }
    for (const [i, { prices }] of setup.usageMeters.entries()) {
      for (const [j, price] of (prices ?? []).entries()) {
        if (price.isDefault && !price.active)
          refuse(
            ['usageMeters', i, 'prices', j, 'isDefault'],
            'An inactive price cannot be set as default. Set active=true or isDefault=false.',
          )
        if (price.slug?.endsWith('_no_charge'))
          refuse(
            ['usageMeters', i, 'prices', j, 'slug'],
            'Usage price slugs ending with "_no_charge" are reserved for auto-generated fallback prices',
          )
      }
    }
  })

export type PricingSetup = z.output<typeof pricingSetup>
export type PricingSetupInput = z.input<typeof pricingSetup>
