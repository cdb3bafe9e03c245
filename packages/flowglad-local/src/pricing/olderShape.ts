type Path = readonly PropertyKey[]

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Returns the price of a product in the older format: its `price`, or the first entry of its `prices`. */
function priceOf(product: Record<string, unknown>): { price: unknown; at: Path } {
  return 'price' in product
    ? { price: product.price, at: ['price'] }
    : { price: listOf(product.prices)[0], at: ['prices', 0] }
}

/**
 * Converts Flowglad's older `pricing.yaml` format to the current setup format. In the older format, meters
 * are plain objects with slugs, and usage prices are listed as products. Returns a value in the current
 * format unchanged.
 * @returns the converted value, and a function that maps its paths to the original paths for error messages
 */
export function fromOlderShape(value: unknown): { value: unknown; originOf(path: Path): Path } {
  const unchanged = { value, originOf: (path: Path) => path }
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

  const productOrigins: Path[] = []
  const usagePrices: { meterSlug: unknown; price: Record<string, unknown>; at: Path }[] = []
  const newProducts: unknown[] = []
  for (const [i, product] of products.entries()) {
    if (!isRecord(product)) {
      productOrigins.push(['products', i])
      newProducts.push(product)
      continue
    }
    const { price, at } = priceOf(product)
    if (isUsage(product) && isRecord(price)) {
      const { usageMeterSlug, ...rest } = price
      usagePrices.push({ meterSlug: usageMeterSlug, price: rest, at: ['products', i, ...at] })
      continue
    }
    const { prices: _, ...rest } = product
    productOrigins.push(['products', i])
    newProducts.push({ ...rest, price })
  }
  const pricesOf = (meter: Record<string, unknown>) =>
    usagePrices.filter(({ meterSlug }) => meterSlug === meter.slug)
  const newMeters = meters.map((meter) => {
    if (!isRecord(meter) || 'usageMeter' in meter) return meter
    const prices = pricesOf(meter).map(({ price }) => price)
    return { usageMeter: meter, ...(prices.length > 0 && { prices }) }
  })
  return {
    value: { ...value, products: newProducts, usageMeters: newMeters },
    originOf: ([list, index, ...rest]) => {
      if (typeof index !== 'number') return index === undefined ? [list ?? ''] : [list ?? '', index, ...rest]
      if (list === 'products') {
        const origin = productOrigins[index] ?? ['products']
        const product = products[Number(origin[1])]
        const [head, ...tail] = rest
        return head === 'price' && isRecord(product)
          ? [...origin, ...priceOf(product).at, ...tail]
          : [...origin, ...rest]
      }
      if (list === 'usageMeters') {
        const meter = meters[index]
        const [head, j, ...tail] = rest
        if (head === 'usageMeter') return ['usageMeters', index, ...rest.slice(1)]
        if (head === 'prices' && typeof j === 'number' && isRecord(meter))
          return [...(pricesOf(meter)[j]?.at ?? ['usageMeters', index]), ...tail]
      }
      return [list ?? '', index, ...rest]
    },
  }
}
