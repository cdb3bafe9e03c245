import type { PricingModel } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

/**
 * Copies a pricing model with its meters, features, products and product prices. Like the platform, copies
 * neither usage prices nor resources: a copied feature still refers to the original's resource.
 */
export function clonePricingModel(
  { db }: Platform,
  at: number,
  source: PricingModel,
  name: string,
): PricingModel {
  const model = db.pricingModels.put({
    ...source,
    ...newRecord('pricing_model', at),
    name,
    isDefault: false,
  })
  const copies = new Map<string, string>()
  const copyOf = (id: string | null) => (id === null ? null : (copies.get(id) ?? null))
  /** Copies a record into the new model under a new ID. */
  const copy = <R extends { id: string }>(prefix: string, record: R) => {
    const fresh = { ...record, ...newRecord(prefix, at), pricingModelId: model.id }
    copies.set(record.id, fresh.id)
    return fresh
  }
  for (const meter of db.usageMeters.by('model', source.id)) db.usageMeters.put(copy('usage_meter', meter))
  for (const feature of db.features.by('model', source.id))
    db.features.put({ ...copy('feature', feature), usageMeterId: copyOf(feature.usageMeterId) })
  for (const product of db.products.by('model', source.id)) {
    const { id: productId } = db.products.put(copy('prod', product))
    for (const link of db.productFeatures.by('product', product.id)) {
      const featureId = copyOf(link.featureId)
      if (link.expiredAt !== null || featureId === null) continue
      db.productFeatures.put({
        ...newRecord('product_feature', at),
        productId,
        featureId,
        expiredAt: null,
      })
    }
  }
  for (const price of db.prices.by('model', source.id))
    if (price.productId !== null)
      db.prices.put({ ...copy('price', price), productId: copyOf(price.productId) })
  return model
}
