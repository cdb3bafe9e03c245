import { isDeepStrictEqual } from 'node:util'
import { rejected } from '../platform/problems.ts'
import type { PricingSetup } from './pricingSetup.ts'
import { invalid, type Violation } from './validateSetup.ts'

export type ProductEntry = PricingSetup['products'][number]
export type MeterEntry = PricingSetup['usageMeters'][number]
export type UsagePrice = NonNullable<MeterEntry['prices']>[number]

const plain = (value: object): unknown => JSON.parse(JSON.stringify(value))

/** Returns whether two groups of fields differ. `undefined` equals an absent field, but null doesn't. */
export const differs = (before: object, after: object) => !isDeepStrictEqual(plain(before), plain(after))

/** The differences between two lists. Entries are matched by slug. */
export interface Changes<Entry> {
  added: Entry[]
  kept: { before: Entry; after: Entry }[]
  removed: Entry[]
}

function compareBySlug<Entry>(
  before: readonly Entry[],
  after: readonly Entry[],
  slugOf: (entry: Entry) => string,
): Changes<Entry> {
  const old = new Map(before.map((entry) => [slugOf(entry), entry]))
  const next = new Map(after.map((entry) => [slugOf(entry), entry]))
  const changes: Changes<Entry> = { added: [], kept: [], removed: [] }
  for (const [slug, entry] of next) {
    const match = old.get(slug)
    if (match) changes.kept.push({ before: match, after: entry })
    else changes.added.push(entry)
  }
  for (const [slug, entry] of old) if (!next.has(slug)) changes.removed.push(entry)
  return changes
}

/** Returns a usage price's slug. A price without a slug gets a generated slug when its meter is updated. */
export const usagePriceSlug = (
  price: Pick<UsagePrice, 'slug' | 'unitPrice' | 'usageEventsPerUnit' | 'intervalUnit' | 'intervalCount'> & {
    currency?: string | undefined
  },
  meterSlug: string,
) =>
  price.slug ??
  `__generated__${meterSlug}_${price.unitPrice}_${price.usageEventsPerUnit}_${price.currency ?? 'USD'}_${price.intervalCount}_${price.intervalUnit}`

export const usagePriceChanges = (before: MeterEntry, after: MeterEntry): Changes<UsagePrice> =>
  compareBySlug(before.prices ?? [], after.prices ?? [], (price) =>
    usagePriceSlug(price, before.usageMeter.slug),
  )

export const compareSetups = (before: PricingSetup, after: PricingSetup) => ({
  features: compareBySlug(before.features, after.features, ({ slug }) => slug),
  products: compareBySlug(before.products, after.products, ({ product }) => product.slug),
  usageMeters: compareBySlug(before.usageMeters, after.usageMeters, ({ usageMeter }) => usageMeter.slug),
  resources: compareBySlug(before.resources ?? [], after.resources ?? [], ({ slug }) => slug),
})

export type SetupChanges = ReturnType<typeof compareSetups>

/** Returns the first change that the platform doesn't allow, or null. */
export function forbiddenChange({ features, products, usageMeters }: SetupChanges): Violation | null {
  for (const { before, after } of features.kept)
    if (before.type !== after.type)
      return invalid(
        `Invalid feature.${before.slug}.type: Feature type cannot be changed. Feature '${before.slug}' has type '${before.type}' but proposed type is '${after.type}'. To change type, remove the feature and create a new one.`,
      )
  for (const { before, after } of products.kept) {
    const [old, next] = [before.price, after.price]
    if (old.type !== next.type)
      return invalid(
        `Invalid price.type: Price type cannot be changed. Existing type is '${old.type}' but proposed type is '${next.type}'. To change price type, remove the price and create a new one.`,
      )
    if (changesOnlyCurrency(old, next))
      return invalid(`Invalid price: Invalid price update: ${unknownCurrency}`)
  }
  if (usageMeters.removed.length > 0)
    return invalid(
      `Invalid usageMeters: Usage meters cannot be removed. Attempted to remove: ${usageMeters.removed.map(({ usageMeter }) => usageMeter.slug).join(', ')}`,
    )
  for (const { before, after } of usageMeters.kept) {
    const { slug } = before.usageMeter
    for (const price of usagePriceChanges(before, after).kept)
      if (changesOnlyCurrency(price.before, price.after))
        return invalid(
          `Invalid usageMeter.${slug}.price: Invalid usage price update on meter '${slug}': ${unknownCurrency}`,
        )
  }
  return null
}

type Terms = Pick<
  ProductEntry['price'] | UsagePrice,
  'unitPrice' | 'usageEventsPerUnit' | 'intervalUnit' | 'intervalCount' | 'trialPeriodDays' | 'currency'
>

/**
 * Returns whether the request adds a currency to a price with unchanged terms. If the terms change, a new
 * price replaces the old one, and the new price ignores the currency.
 */
function changesOnlyCurrency(before: Terms, after: Terms): boolean {
  const terms = ({ unitPrice, usageEventsPerUnit, intervalUnit, intervalCount, trialPeriodDays }: Terms) => ({
    unitPrice,
    usageEventsPerUnit,
    intervalUnit,
    intervalCount,
    trialPeriodDays,
  })
  return after.currency !== undefined && !differs(terms(before), terms(after))
}

const unknownCurrency = JSON.stringify(
  [{ code: 'unrecognized_keys', keys: ['currency'], path: [], message: 'Unrecognized key: "currency"' }],
  null,
  2,
)

/**
 * Returns the new setup with a valid default product. If the setup omits the default product, the existing one is
 * added. If the setup changes a protected field or removes the `default` flag, the existing product stays, and only its
 * name, description and features change.
 */
export function protectDefaultProduct(before: PricingSetup, after: PricingSetup): PricingSetup {
  const proposed = after.products.filter(({ product }) => product.default)
  if (proposed.length > 1)
    throw rejected(
      `Invalid products: Only one product can be marked as default. Found ${proposed.length} default products: ${proposed.map(({ product }) => product.slug).join(', ')}`,
    )
  const existing = before.products.find(({ product }) => product.default)
  if (!existing) throw rejected('Invalid products: No default product found in existing input')
  const replaced = proposed[0] ?? after.products.find(({ product }) => product.slug === existing.product.slug)
  if (!replaced) return { ...after, products: [...after.products, existing] }
  if (replaced === proposed[0] && !differs(protectedFields(existing), protectedFields(replaced))) return after
  const { name, description } = replaced.product
  const merged = {
    ...existing,
    product: { ...existing.product, name, description },
    features: replaced.features,
  }
  return { ...after, products: after.products.map((entry) => (entry === replaced ? merged : entry)) }
}

const protectedFields = ({ product, price }: ProductEntry) => ({
  product: [product.slug, product.active],
  price: {
    slug: price.slug,
    type: price.type,
    unitPrice: price.unitPrice,
    intervalUnit: price.intervalUnit,
    intervalCount: price.intervalCount,
    trialPeriodDays: price.trialPeriodDays,
  },
})
