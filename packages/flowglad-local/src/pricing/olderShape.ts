import { z } from 'zod'
import { isRecord } from '../rules/isRecord.ts'
import { productDetails } from './pricingSetup.ts'
import type { Finding, Path } from './schemaFindings.ts'
import { unknownSlug } from './setupRules.ts'

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/**
 * A product of the older format that exists only to list a meter's price. The schema doesn't include that
 * price.
 */
export const usageProduct = z.object({
  product: productDetails,
  features: z.array(z.string()),
})

/** Returns the price of a product in the older format: its `price`, or the first entry of its `prices`. */
function priceOf(product: Record<string, unknown>): { price: unknown; at: Path } {
  return 'price' in product
    ? { price: product.price, at: ['price'] }
    : { price: listOf(product.prices)[0], at: Array.isArray(product.prices) ? ['prices', 0] : ['prices'] }
}

interface Converted {
  /** The setup in the current format. */
  value: unknown
  /** Returns the original path of a converted path, for error messages. */
  originOf(path: Path): Path
  /** The products that list a usage price, without that price, and their original paths. */
  usageProducts: readonly { entry: unknown; at: Path }[]
  /** The mistakes that are possible only in the older format. */
  findings: readonly Finding[]
}

/**
 * Converts Flowglad's older `pricing.yaml` format to the current setup format. In the older format, meters
 * are plain objects with slugs, and usage prices are listed as products. Returns a value in the current
 * format unchanged.
 */
export function fromOlderShape(value: unknown): Converted {
  const unchanged = { value, originOf: (path: Path) => path, usageProducts: [], findings: [] }
  if (!isRecord(value)) return unchanged
  const meters = listOf(value.usageMeters)
  const products = listOf(value.products)
  const isUsage = (product: unknown) => {
    const price = isRecord(product) ? priceOf(product).price : null
    return isRecord(price) && price.type === 'usage'
  }
  const isOlder =
    meters.some((meter) => isRecord(meter) && !('usageMeter' in meter)) ||
    products.some((product) => isUsage(product) || (isRecord(product) && 'prices' in product))
  if (!isOlder) return unchanged

  const slugOf = (meter: unknown) => {
    const fields = isRecord(meter) && 'usageMeter' in meter ? meter.usageMeter : meter
    return isRecord(fields) && typeof fields.slug === 'string' ? fields.slug : undefined
  }
  const named = meters.map((meter, i) => ({ slug: slugOf(meter), path: ['usageMeters', i] }))
  const productOrigins: Path[] = []
  const usagePrices: { meterSlug: unknown; price: Record<string, unknown>; at: Path }[] = []
  const usageProducts: { entry: unknown; at: Path }[] = []
  const newProducts: unknown[] = []
  const findings: Finding[] = []
  for (const [i, product] of products.entries()) {
    const path = ['products', i]
    if (!isRecord(product)) {
      productOrigins.push(path)
      newProducts.push(product)
      continue
    }
    const { price, at } = priceOf(product)
    const { price: _price, prices, ...entry } = product
    findings.push(...surplusPrices(product, path))
    if (isUsage(product) && isRecord(price)) {
      const { usageMeterSlug, ...rest } = price
      usagePrices.push({ meterSlug: usageMeterSlug, price: rest, at: [...path, ...at] })
      usageProducts.push({ entry: { features: [], ...withActive(entry) }, at: path })
      findings.push(...usageMistakes(entry, usageMeterSlug, path, [...path, ...at, 'usageMeterSlug'], named))
      continue
    }
    productOrigins.push(path)
    newProducts.push({ ...entry, price })
  }
  const pricesOf = (meter: unknown) => {
    const slug = slugOf(meter)
    const isFirst = meters.find((other) => slugOf(other) === slug) === meter
    return slug !== undefined && isFirst ? usagePrices.filter(({ meterSlug }) => meterSlug === slug) : []
  }
  const ownPrices = (meter: unknown) => (isRecord(meter) && 'usageMeter' in meter ? listOf(meter.prices) : [])
  const newMeters = meters.map((meter) => {
    if (!isRecord(meter)) return meter
    const listed = pricesOf(meter).map(({ price }) => price)
    const fields = 'usageMeter' in meter ? meter : { usageMeter: meter }
    return listed.length === 0 ? fields : { ...fields, prices: [...ownPrices(meter), ...listed] }
  })
  return {
    value: {
      ...value,
      ...(Array.isArray(value.products) && { products: newProducts }),
      ...(Array.isArray(value.usageMeters) && { usageMeters: newMeters }),
    },
    usageProducts,
    findings,
    originOf: (path) => {
      const [list, index, ...rest] = path
      if (typeof index !== 'number') return path
      const [head, j, ...tail] = rest
      if (list === 'products') {
        const origin = productOrigins[index] ?? ['products']
        const product = products[Number(origin[1])]
        return head === 'price' && isRecord(product)
          ? [...origin, ...priceOf(product).at, ...rest.slice(1)]
          : [...origin, ...rest]
      }
      const meter = meters[index]
      if (list !== 'usageMeters' || !isRecord(meter)) return path
      if (head === 'usageMeter' && !('usageMeter' in meter)) return [list, index, ...rest.slice(1)]
      const listed = typeof j === 'number' && pricesOf(meter)[j - ownPrices(meter).length]
      return head === 'prices' && listed ? [...listed.at, ...tail] : path
    },
  }
}

/** Adds `active: true` if the pricing file omits the field. */
const withActive = (entry: Record<string, unknown>) =>
  isRecord(entry.product) ? { ...entry, product: { active: true, ...entry.product } } : entry

function surplusPrices(product: Record<string, unknown>, path: Path): Finding[] {
  if ('price' in product)
    return 'prices' in product
      ? [{ path: [...path, 'prices'], message: 'a product with a price cannot list prices' }]
      : []
  return listOf(product.prices)
    .slice(1)
    .map((_, i) => ({
      path: [...path, 'prices', i + 1],
      message: 'a product has only one price. Add another product for this price',
    }))
}

/** Returns the mistakes in a product that lists the usage price of a meter. */
function usageMistakes(
  { product, features }: Record<string, unknown>,
  meterSlug: unknown,
  path: Path,
  meterPath: Path,
  meters: readonly { slug: string | undefined; path: Path }[],
): Finding[] {
  const isDefault = isRecord(product) && product.default === true
  return [
    ...(isDefault
      ? [
          {
            path: [...path, 'product', 'default'],
            message: 'a product with a usage price cannot be the default',
          },
        ]
      : []),
    ...(listOf(features).length > 0
      ? [{ path: [...path, 'features'], message: 'a product with a usage price cannot have features' }]
      : []),
    ...(typeof meterSlug === 'string'
      ? unknownSlug('usage meter', meterSlug, meters, meterPath)
      : [{ path: meterPath, message: 'is missing, and must be the slug of a usage meter' }]),
  ]
}
