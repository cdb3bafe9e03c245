import type { Price, PricingModel } from '../database/records/pricing.ts'
import type { Platform } from '../platform/Platform.ts'

/** Returns a pricing model in the setup format. */
export function exportPricingModel({ db }: Platform, model: PricingModel) {
  const slugOf = (table: 'usageMeters' | 'resources', id: string | null) =>
    id ? db[table].get(id).slug : null
  return {
    isDefault: model.isDefault,
    name: model.name,
    features: db.features
      .by('model', model.id)
      .map(({ type, slug, name, description, active, ...feature }) => ({
        type,
        slug,
        name,
        description,
        ...(type !== 'toggle' && { amount: feature.amount }),
        ...(type === 'usage_credit_grant' && { renewalFrequency: feature.renewalFrequency }),
        active,
        ...(type === 'usage_credit_grant' && { usageMeterSlug: slugOf('usageMeters', feature.usageMeterId) }),
        ...(type === 'resource' && { resourceSlug: slugOf('resources', feature.resourceId) }),
      })),
    products: db.products
      .by('model', model.id)
      .filter((product) => product.active)
      .sort((a, b) => ((a.slug ?? '') < (b.slug ?? '') ? -1 : 1))
      .flatMap((product) => {
        const price = db.prices.by('product', product.id).find((p) => p.isDefault && p.active)
        // The setup format can't express a product without a price.
        if (!price) return []
        return {
          product: {
            name: product.name,
            description: product.description,
            imageURL: product.imageURL,
            active: product.active,
            singularQuantityLabel: product.singularQuantityLabel,
            pluralQuantityLabel: product.pluralQuantityLabel,
            default: product.default,
            slug: product.slug,
          },
          price: { ...priceTerms(price), usageMeterId: null },
          features: db.productFeatures
            .by('product', product.id)
            .filter((link) => link.expiredAt === null)
            .map((link) => db.features.get(link.featureId).slug),
        }
      }),
    usageMeters: db.usageMeters.by('model', model.id).map((meter) => {
      const prices = db.prices
        .by('meter', meter.id)
        .filter((price) => price.active && !price.slug?.endsWith('_no_charge'))
      return {
        usageMeter: { name: meter.name, slug: meter.slug, aggregationType: meter.aggregationType },
        prices: prices.length > 0 ? prices.map(priceTerms) : null,
      }
    }),
    resources: db.resources.by('model', model.id).map(({ slug, name, active }) => ({ slug, name, active })),
  }
}

const priceTerms = (price: Price) => ({
  intervalUnit: price.intervalUnit,
  name: price.name,
  intervalCount: price.intervalCount,
  type: price.type,
  trialPeriodDays: price.trialPeriodDays,
  isDefault: price.isDefault,
  unitPrice: price.unitPrice,
  usageEventsPerUnit: price.usageEventsPerUnit,
  active: price.active,
  slug: price.slug,
})
