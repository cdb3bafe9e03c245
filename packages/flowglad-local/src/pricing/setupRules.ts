import { z } from 'zod'
import { nearestName } from '../rules/nearestName.ts'
import type { Finding, Path } from './schemaFindings.ts'

const text = z.string().optional().catch(undefined)
const label = z.string().trim().optional().catch(undefined)
const flag = z.boolean().optional().catch(undefined)
const number = z.coerce.number().optional().catch(undefined)
const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).optional().catch(undefined)
const list = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).catch([])

const price = group({
  slug: label,
  unitPrice: number,
  trialPeriodDays: number,
  isDefault: flag,
  active: flag,
})

/** The fields that the rules in this file check. A field with a wrong type counts as absent. */
const looseSetup = z.object({
  features: list(group({ type: text, slug: label, usageMeterSlug: text, resourceSlug: text })),
  products: list(group({ product: group({ slug: label, default: flag }), price, features: list(text) })),
  usageMeters: list(group({ usageMeter: group({ slug: text }), prices: list(price) })),
  resources: list(group({ slug: label })),
})

type Slugs = readonly { slug: string | undefined; path: Path }[]

/**
 * Returns the mistakes that involve several fields. Unlike the API, doesn't stop at the first mistake, so that the
 * author of a pricing file can fix all of them at once.
 */
export function brokenRules(value: unknown): Finding[] {
  const setup = looseSetup.parse(value)
  const { features, products, usageMeters, resources } = setup
  const slugs = {
    feature: features.map((feature, i) => ({ slug: feature?.slug, path: ['features', i, 'slug'] })),
    product: products.map((entry, i) => ({
      slug: entry?.product?.slug,
      path: ['products', i, 'product', 'slug'],
    })),
    'usage meter': usageMeters.map((meter, i) => ({
      slug: meter?.usageMeter?.slug,
      path: ['usageMeters', i, 'usageMeter', 'slug'],
    })),
    resource: resources.map((resource, i) => ({ slug: resource?.slug, path: ['resources', i, 'slug'] })),
    price: [
      ...products.map((entry, i) => ({ slug: entry?.price?.slug, path: ['products', i, 'price', 'slug'] })),
      ...usageMeters.flatMap((meter, i) =>
        (meter?.prices ?? []).map((price, j) => ({
          slug: price?.slug,
          path: ['usageMeters', i, 'prices', j, 'slug'],
        })),
      ),
    ],
  } satisfies Record<string, Slugs>
  const refer = (noun: keyof typeof slugs, slug: string | undefined, path: Path) =>
    slug === undefined ? [] : unknownSlug(noun, slug, slugs[noun], path)

  return [
    ...Object.entries(slugs).flatMap(([noun, named]) => duplicates(noun, named)),
    ...features.flatMap((feature, i) => [
      ...(feature?.type === 'usage_credit_grant'
        ? refer('usage meter', feature.usageMeterSlug, ['features', i, 'usageMeterSlug'])
        : []),
      ...(feature?.type === 'resource'
        ? refer('resource', feature.resourceSlug, ['features', i, 'resourceSlug'])
        : []),
    ]),
    ...products.flatMap((entry, i) =>
      (entry?.features ?? []).flatMap((slug, j) => refer('feature', slug, ['products', i, 'features', j])),
    ),
    ...products.flatMap((entry, i) => productPriceMistakes(entry?.price, ['products', i, 'price'])),
    ...usageMeters.flatMap((meter, i) => meterPriceMistakes(meter, ['usageMeters', i, 'prices'])),
    ...defaultMistakes(products),
  ]
}

/** Returns a mistake if the setup doesn't contain the slug. */
export function unknownSlug(noun: string, slug: string, named: Slugs, path: Path): Finding[] {
  const known = named.flatMap((entry) => entry.slug ?? [])
  if (known.includes(slug)) return []
  const near = nearestName(slug, known)
  const hint = near === null ? '' : `. Did you mean "${near}"?`
  return [{ path, message: `there is no ${noun} "${slug}"${hint}` }]
}

function duplicates(noun: string, named: Slugs): Finding[] {
  const taken = new Set<string>()
  return named.flatMap(({ slug, path }) => {
    if (!slug) return []
    const { size } = taken
    if (taken.add(slug).size > size) return []
    return [{ path, message: `there is another ${noun} with the slug "${slug}"` }]
  })
}

function productPriceMistakes(given: z.output<typeof price>, path: Path): Finding[] {
  if (!given) return []
  const needed = (['active', 'isDefault'] as const).filter((field) => given[field] === false)
  return [
    ...(given.slug === undefined
      ? [{ path: [...path, 'slug'], message: 'is missing. Give each price a slug' }]
      : []),
    ...needed.map((field) => ({
      path: [...path, field],
      message: 'must be true, because a product has only this price',
    })),
  ]
}

function meterPriceMistakes(
  meter: z.output<typeof looseSetup>['usageMeters'][number],
  path: Path,
): Finding[] {
  const findings: Finding[] = []
  let defaultExists = false
  for (const [i, { slug, active, isDefault } = {}] of (meter?.prices ?? []).entries()) {
    if (slug?.endsWith('_no_charge'))
      findings.push({
        path: [...path, i, 'slug'],
        message: 'must not end with "_no_charge", which is reserved',
      })
    if (!isDefault) continue
    const message = defaultExists
      ? `only one price of the meter "${meter?.usageMeter?.slug ?? ''}" can be the default`
      : active === false && 'must be false, because the price is not active'
    if (message) findings.push({ path: [...path, i, 'isDefault'], message })
    defaultExists = true
  }
  return findings
}

/** Returns the mistakes that concern the default product. Every new customer gets this product. */
function defaultMistakes(products: z.output<typeof looseSetup>['products']): Finding[] {
  const findings: Finding[] = []
  let defaultExists = false
  for (const [i, { product, price } = {}] of products.entries()) {
    if (!product?.default) continue
    if (defaultExists)
      findings.push({
        path: ['products', i, 'product', 'default'],
        message: 'only one product can be the default',
      })
    defaultExists = true
    if (price?.unitPrice)
      findings.push({
        path: ['products', i, 'price', 'unitPrice'],
        message: 'the default product must be free, because every new customer gets it',
      })
    if (price?.trialPeriodDays)
      findings.push({
        path: ['products', i, 'price', 'trialPeriodDays'],
        message: 'the default product cannot have a trial',
      })
  }
  if (defaultExists) return findings
  return products.flatMap((entry, i) =>
    (['product', 'price'] as const)
      .filter((part) => entry?.[part]?.slug === 'free')
      .map((part) => ({
        path: ['products', i, part, 'slug'],
        message:
          'the slug "free" is reserved for the free plan that is added when no product is the default. Add "default: true" to a product, or choose another slug',
      })),
  )
}
