import type { Flowglad } from '@flowglad/node'
import type { Feature, Price, PricingModel, Product as ProductRecord } from '../database/records/pricing.ts'
import type { Platform } from '../platform/Platform.ts'
import { currentLinks } from '../pricing/productFeatures.ts'
import { presentAs } from './presentAs.ts'

type Product = Flowglad.PricingModelDetailsRecord['products'][number]
type Meter = Flowglad.PricingModelDetailsRecord['usageMeters'][number]
type WirePrice = Product['prices'][number]
type WireFeature = Product['features'][number]

/** The SDK's type, but with null for absent fields, as in the platform's responses. */
interface Details extends Omit<Flowglad.PricingModelDetailsRecord, 'usageMeters' | 'defaultProduct'> {
  usageMeters: (Omit<Meter, 'defaultPrice'> & { defaultPrice: Meter['prices'][number] | null })[]
  defaultProduct: Product | null
}

export const presentPrice = (price: Price) => presentAs<WirePrice>()(price)
export const presentFeature = (feature: Feature) => presentAs<WireFeature>()(feature)

/** Narrows a meter's price to the SDK's usage price type. */
function presentUsagePrice(price: Price): Flowglad.UsagePriceClientSelectSchema {
  const shown = presentPrice(price)
  if (shown.type !== 'usage') throw new Error(`${price.id} is not a usage price`)
  return shown
}

/**
 * Returns a pricing model with its meters and its active products and prices. Usage prices appear only under
 * their meters.
 */
export function pricingModelDetails(platform: Platform, model: PricingModel): Details {
  const { db } = platform
  const products = db.products
    .by('model', model.id)
    .filter((product) => product.active)
    .sort((a, b) => ((a.slug ?? '') < (b.slug ?? '') ? -1 : 1))
    .flatMap((product) => {
      const prices = activePrices(db.prices.by('product', product.id))
      return productDetails(platform, product, prices) ?? []
    })
  const usageMeters = db.usageMeters.by('model', model.id).map((meter) => {
    const prices = activePrices(db.prices.by('meter', meter.id)).map(presentUsagePrice)
    return { ...meter, prices, defaultPrice: prices.find((price) => price.isDefault) ?? prices[0] ?? null }
  })
  const defaultProduct = products.find((product) => product.default) ?? null
  return { ...model, products, usageMeters, defaultProduct }
}

/** Returns a product with its features and the given prices, or null if there are no prices. */
export function productDetails(platform: Platform, product: ProductRecord, prices: readonly Price[]) {
  const shown = prices.map(presentPrice)
  const defaultPrice = shown.find((price) => price.isDefault) ?? shown[0]
  if (!defaultPrice) return null
  const features = currentLinks(platform, product.id, platform.clock.now()).map((link) =>
    presentFeature(platform.db.features.get(link.featureId)),
  )
  return { ...product, prices: shown, features, defaultPrice }
}

const activePrices = (prices: Price[]) => prices.filter((price) => price.active)
