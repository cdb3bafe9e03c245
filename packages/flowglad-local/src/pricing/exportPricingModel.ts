import type { Feature, Price, PricingModel, Product } from '../database/records/pricing.ts'
import type { Platform } from '../platform/Platform.ts'
import { rejected } from '../platform/problems.ts'
import { isNoCharge } from './catalog.ts'
import type { PricingSetup } from './pricingSetup.ts'
import { currentLinks } from './productFeatures.ts'
import { missing, validateSetup } from './validateSetup.ts'

/**
 * Returns a pricing model in the setup format.
 * @throws the platform's error if the format can't express the model, for example because an archived product
 * has no active price
 */
export function exportPricingModel(platform: Platform, model: PricingModel): PricingSetup {
  const { db } = platform
  const products = db.products
    .by('model', model.id)
    .map((product) => ({ product, prices: db.prices.by('product', product.id) }))
    .filter(({ prices }) => prices.length > 0)
    .sort((a, b) => a.product.createdAt - b.product.createdAt || compare(a.product.slug, b.product.slug))
  for (const { product } of products)
    if (!product.slug)
      throw rejected(`Invalid product.slug: Product ${product.name} (ID: ${product.id}) has no slug`)
  const setup = {
    isDefault: model.isDefault,
    name: model.name,
    features: db.features
      .by('model', model.id)
      .filter((feature) => feature.active)
      .map((feature) => exportFeature(platform, feature)),
    products: products.map(({ product, prices }) => exportProduct(platform, product, prices)),
    usageMeters: db.usageMeters.by('model', model.id).map(({ id, name, slug, aggregationType }) => {
      const prices = db.prices.by('meter', id).filter((price) => price.active && !isNoCharge(price))
      return {
        usageMeter: { name, slug, aggregationType },
        prices: prices.length > 0 ? prices.map(exportUsagePrice) : undefined,
      }
    }),
    resources: db.resources
      .by('model', model.id)
      .filter((resource) => resource.active)
      .map(({ slug, name, active }) => ({ slug, name, active })),
  }
  const broken = validateSetup(setup)
  if (broken) throw rejected(broken.message)
  return setup
}

const compare = (a: string | null, b: string | null) => ((a ?? '') < (b ?? '') ? -1 : 1)

function exportFeature({ db }: Platform, feature: Feature): PricingSetup['features'][number] {
  const { type, slug, name, description, active, usageMeterId, resourceId, renewalFrequency } = feature
  const common = { slug, name, description, active }
  const amount = feature.amount ?? 0
  switch (type) {
    case 'toggle':
      return { type, ...common }
    case 'usage_credit_grant': {
      const meter = db.usageMeters.get(usageMeterId ?? '')
      return {
        type,
        ...common,
        amount,
        renewalFrequency: renewalFrequency ?? 'once',
        usageMeterSlug: meter.slug,
      }
    }
    case 'resource': {
      const resource = db.resources.get(resourceId ?? '')
      if (!resource.active || resource.pricingModelId !== feature.pricingModelId)
        throw rejected(missing('Resource', resource.id).message)
      return { type, ...common, amount, resourceSlug: resource.slug }
    }
    default:
      return type satisfies never
  }
}

function exportProduct(
  platform: Platform,
  product: Product,
  prices: readonly Price[],
): PricingSetup['products'][number] {
  const price = prices.find(({ active, isDefault }) => active && isDefault)
  if (!price) throw rejected(`Invalid product.price: Product ${product.name} has no active default price`)
  const common = {
    name: price.name ?? undefined,
    isDefault: price.isDefault,
    unitPrice: price.unitPrice,
    usageEventsPerUnit: null,
    active: price.active,
    slug: price.slug ?? undefined,
    usageMeterId: null,
  }
  return {
    product: {
      name: product.name,
      description: product.description ?? undefined,
      imageURL: product.imageURL ?? undefined,
      active: product.active,
      singularQuantityLabel: product.singularQuantityLabel ?? undefined,
      pluralQuantityLabel: product.pluralQuantityLabel ?? undefined,
      default: product.default,
      slug: product.slug ?? '',
    },
    price:
      price.type === 'subscription'
        ? {
            type: price.type,
            ...common,
            ...interval(price),
            trialPeriodDays: price.trialPeriodDays ?? undefined,
          }
        : {
            type: 'single_payment',
            ...common,
            intervalUnit: null,
            intervalCount: null,
            trialPeriodDays: null,
          },
    features: currentLinks(platform, product.id, platform.clock.now())
      .map((link) => platform.db.features.get(link.featureId))
      .filter((feature) => feature.active)
      .map((feature) => feature.slug),
  }
}

const exportUsagePrice = (price: Price) => ({
  ...interval(price),
  name: price.name ?? undefined,
  type: 'usage' as const,
  trialPeriodDays: null,
  isDefault: price.isDefault,
  unitPrice: price.unitPrice,
  usageEventsPerUnit: price.usageEventsPerUnit ?? 1,
  active: price.active,
  slug: price.slug ?? undefined,
})

const interval = ({ intervalUnit, intervalCount }: Price) => ({
  intervalUnit: intervalUnit ?? 'month',
  intervalCount: intervalCount ?? 1,
})
