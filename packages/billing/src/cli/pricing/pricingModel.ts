import { z } from 'zod'

/** An object with any fields. */
const fields = z.record(z.string(), z.unknown())
const labeled = fields.and(z.object({ slug: z.string() }))
const isActive = ({ active }: Record<string, unknown>) => active !== false

const price = fields.and(z.object({ type: z.string(), slug: z.string().optional() }))

/**
 * A pricing model in Flowglad's setup format, from a pricing file or from Flowglad. The schema names only the
 * fields that this command reads. Other fields are compared and sent unchanged.
 */
const pricingModel = z.object({
  name: z.string(),
  features: z.array(labeled.and(z.object({ type: z.string() }))),
  products: z.array(
    z.object({
      product: labeled.and(z.object({ default: z.boolean().optional() })),
      price,
      features: z.array(z.string()),
    }),
  ),
  usageMeters: z.array(z.object({ usageMeter: labeled, prices: z.array(price).default([]) })),
  resources: z.array(labeled).default([]),
})

export type PricingModel = z.output<typeof pricingModel>
export type Fields = z.output<typeof fields>
export type Product = PricingModel['products'][number]
export type Meter = PricingModel['usageMeters'][number]
export type Price = z.output<typeof price>

/**
 * Parses a pricing model. Treats null as an absent field. Leaves out `currency`, because Flowglad uses the
 * organization's currency.
 */
export const parsePricingModel = (value: unknown): PricingModel => pricingModel.parse(withoutNulls(value))

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => field !== null && field !== undefined && name !== 'currency')
      .map(([name, field]) => [name, withoutNulls(field)]),
  )
}

/** A part of a pricing model, such as the price `pro_monthly` of the product `pro`. */
export interface Part {
  kind: 'pricing model' | 'usage meter' | 'price' | 'feature' | 'product' | 'resource'
  slug: string
  of?: string
}

/**
 * Returns the model's active parts, and the parts that the file marks as inactive. Inactive parts can't be
 * compared, because Flowglad doesn't list a model's inactive features, resources or meter prices.
 */
export function activeParts(model: PricingModel): { active: PricingModel; inactive: Part[] } {
  const features = model.features.filter(isActive)
  const known = new Set(features.map(({ slug }) => slug))
  const part = (kind: Part['kind']) => (it: Fields) => ({ kind, slug: String(it.slug) })
  const active = {
    ...model,
    features,
    resources: model.resources.filter(isActive),
    products: model.products
      .filter(({ product }) => isActive(product))
      .map((it) => ({ ...it, features: it.features.filter((slug) => known.has(slug)) })),
    usageMeters: model.usageMeters.map((it) => ({ ...it, prices: it.prices.filter(isActive) })),
  }
  const inactive = [
    ...model.features.filter((it) => !isActive(it)).map(part('feature')),
    ...model.resources.filter((it) => !isActive(it)).map(part('resource')),
    ...model.products
      .filter(({ product }) => !isActive(product))
      .map(({ product }) => part('product')(product)),
    ...model.usageMeters.flatMap(({ usageMeter, prices }) =>
      prices.filter((it) => !isActive(it)).map((it) => ({ ...part('price')(it), of: usageMeter.slug })),
    ),
  ]
  return { active, inactive }
}
