import type { PricingSetup } from './pricingSetup.ts'

/** A rule that a pricing model breaks. The platform returns the message with status 500. */
export interface Violation {
  kind: 'NotFoundError' | 'ValidationError'
  message: string
}

export const invalid = (message: string): Violation => ({ kind: 'ValidationError', message })
export const missing = (noun: string, id: string): Violation => ({
  kind: 'NotFoundError',
  message: `${noun} not found: ${id}`,
})

/** Returns the first broken rule that involves several parts of the setup, or null. */
export function validateSetup({
  features,
  products,
  usageMeters,
  resources,
}: PricingSetup): Violation | null {
  const featuresBySlug = new Map(features.map((feature) => [feature.slug, feature]))
  const meterSlugs = new Set(usageMeters.map(({ usageMeter }) => usageMeter.slug))
  const resourceSlugs = new Set(resources?.map(({ slug }) => slug))
  const priceSlugs = new Set<string>()
  const isTaken = (slug: string) => priceSlugs.size === priceSlugs.add(slug).size
  const taken = (slug: string) => invalid(`Invalid price.slug: Price with slug ${slug} already exists`)

  for (const { price, features: slugs } of products) {
    for (const slug of slugs) {
      const feature = featuresBySlug.get(slug)
      if (!feature) return missing('Feature', slug)
      if (feature.type === 'usage_credit_grant' && !meterSlugs.has(feature.usageMeterSlug))
        return missing('UsageMeter', feature.usageMeterSlug)
      if (feature.type === 'resource' && !resourceSlugs.has(feature.resourceSlug))
        return missing('Resource', feature.resourceSlug)
    }
    if (!price.slug)
      return invalid(`Invalid price.slug: Price slug is required. Received ${JSON.stringify(price)}`)
    if (isTaken(price.slug)) return taken(price.slug)
  }
  for (const { usageMeter, prices = [] } of usageMeters) {
    for (const { slug } of prices) if (slug && isTaken(slug)) return taken(slug)
    if (prices.filter(({ isDefault }) => isDefault).length > 1)
      return invalid(
        `Invalid usageMeter.prices: Usage meter "${usageMeter.slug}" has multiple prices with isDefault=true. At most one price per usage meter can be the default.`,
      )
  }
  return null
}

/** Returns the first rule that a new pricing model's default products break, or null. */
export function validateDefaultProduct({ products }: PricingSetup): Violation | null {
  const defaults = products.filter(({ product }) => product.default)
  if (defaults.length > 1) return invalid('Invalid products: Multiple default products not allowed')
  const [price] = defaults.map((entry) => entry.price)
  if (price && price.unitPrice !== 0)
    return invalid('Invalid price.amount: Default products must have zero price')
  if (price?.trialPeriodDays) return invalid('Invalid price.trialDays: Default products cannot have trials')
  return null
}

/** Returns whether a setup without a default product uses the slug of the generated free plan. */
export const usesFreePlansSlug = ({ products }: PricingSetup): boolean =>
  !products.some(({ product }) => product.default) &&
  products.some(({ product, price }) => product.slug === 'free' || price.slug === 'free')
