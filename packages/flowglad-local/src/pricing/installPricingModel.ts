import type { Price, PricingModel } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejected, rejectedPanic } from '../platform/problems.ts'
import { emptyPrice, noChargeSlug } from './catalog.ts'
import type { PricingSetup } from './pricingSetup.ts'
import {
  featureFields,
  meterFields,
  productFields,
  productPriceTerms,
  resourceFields,
  usagePriceTerms,
} from './setupRecords.ts'
import {
  missing,
  usesFreePlansSlug,
  type Violation,
  validateDefaultProduct,
  validateSetup,
} from './validateSetup.ts'

/**
 * Installs a setup as a new pricing model. With `replacing`, updates the existing pricing model instead, for example
 * after a developer has edited the pricing file. A record keeps its ID if its slug is still in the setup. All other
 * prices, products and features become inactive. They aren't deleted, because subscriptions can refer to them.
 */
export function installPricingModel(
  platform: Platform,
  at: number,
  setup: PricingSetup,
  { replacing }: { replacing?: PricingModel } = {},
): PricingModel {
  const { db, organizationId } = platform
  const broken = validateSetup(setup) ?? validateDefaultProduct(setup)
  if (broken) fail(broken)
  // If a setup has no default product, the platform adds a free plan. Its database then rejects any other record with
  // the free plan's slug.
  if (usesFreePlansSlug(setup)) throw rejected('Unwrap called on Err: Panic: generator body threw')
  if (setup.isDefault) clearDefaultModel(platform, at)
  const base = replacing ? { ...replacing, updatedAt: at } : newRecord('pricing_model', at)
  const model = db.pricingModels.put({
    ...base,
    organizationId,
    isDefault: setup.isDefault,
    name: setup.name,
  })
  const kept = new Set<string>()
  const keepId = <R extends { id: string; createdAt: number }>(prefix: string, existing: R | undefined) => {
    const record = newRecord(prefix, at)
    const identity = existing ? { ...record, id: existing.id, createdAt: existing.createdAt } : record
    kept.add(identity.id)
    return identity
  }
  const withSlug = <R extends { slug: string | null }>(records: R[], slug: string) =>
    records.find((record) => record.slug === slug)

  const oldMeters = db.usageMeters.by('model', model.id)
  const oldResources = db.resources.by('model', model.id)
  const oldFeatures = db.features.by('model', model.id)
  const oldProducts = db.products.by('model', model.id)
  const oldPrices = db.prices.by('model', model.id)

  const putPrice = (price: Pick<Price, 'type' | 'unitPrice' | 'isDefault' | 'active'> & Partial<Price>) => {
    const existing = price.slug ? withSlug(oldPrices, price.slug) : undefined
    return db.prices.put({
      ...emptyPrice,
      pricingModelId: model.id,
      ...price,
      ...keepId('price', existing?.type === price.type ? existing : undefined),
    })
  }

  const meterIds = new Map<string, string>()
  for (const { usageMeter, prices } of setup.usageMeters) {
    const meter = db.usageMeters.put({
      ...keepId('usage_meter', withSlug(oldMeters, usageMeter.slug)),
      organizationId,
      pricingModelId: model.id,
      ...meterFields(usageMeter),
    })
    meterIds.set(meter.slug, meter.id)
    for (const price of prices ?? []) putPrice({ ...usagePriceTerms(price), usageMeterId: meter.id })
    putPrice({
      type: 'usage',
      name: `${meter.name} - No Charge`,
      slug: noChargeSlug(meter.slug),
      unitPrice: 0,
      usageEventsPerUnit: 1,
      isDefault: !(prices ?? []).some((price) => price.isDefault),
      active: true,
      intervalUnit: 'month',
      intervalCount: 1,
      usageMeterId: meter.id,
    })
  }

  const resourceIds = new Map<string, string>()
  for (const resource of setup.resources ?? []) {
    const { id } = db.resources.put({
      ...keepId('resource', withSlug(oldResources, resource.slug)),
      organizationId,
      pricingModelId: model.id,
      ...resourceFields(resource),
    })
    resourceIds.set(resource.slug, id)
  }

  const featureIds = new Map<string, string>()
  for (const feature of setup.features) {
    const { id } = db.features.put({
      ...keepId('feature', withSlug(oldFeatures, feature.slug)),
      organizationId,
      pricingModelId: model.id,
      ...featureFields(feature, { meterIds, resourceIds }, fail),
    })
    featureIds.set(feature.slug, id)
  }

  for (const { product, price, features } of setup.products) {
    const { id: productId } = db.products.put({
      ...keepId('prod', withSlug(oldProducts, product.slug)),
      organizationId,
      pricingModelId: model.id,
      ...productFields(product),
    })
    putPrice({ ...productPriceTerms(price), productId })
    const links = db.productFeatures.by('product', productId)
    const wanted = new Set<string>()
    for (const slug of features) {
      const featureId = featureIds.get(slug) ?? fail(missing('Feature', slug))
      wanted.add(featureId)
      const link = links.find((l) => l.featureId === featureId)
      db.productFeatures.put({ ...keepId('product_feature', link), productId, featureId, expiredAt: null })
    }
    for (const link of links)
      if (!wanted.has(link.featureId)) db.productFeatures.patch(link.id, { expiredAt: at, updatedAt: at })
  }

  if (!setup.products.some(({ product }) => product.default)) {
    const { id: productId } = db.products.put({
      ...keepId('prod', withSlug(oldProducts, 'free')),
      organizationId,
      pricingModelId: model.id,
      name: 'Free Plan',
      slug: 'free',
      description: null,
      active: true,
      default: true,
      imageURL: null,
      singularQuantityLabel: null,
      pluralQuantityLabel: null,
    })
    putPrice({
      type: 'subscription',
      name: 'Free Plan',
      slug: 'free',
      unitPrice: 0,
      isDefault: true,
      active: true,
      intervalUnit: 'month',
      intervalCount: 1,
      productId,
    })
  }

  for (const old of oldPrices)
    if (!kept.has(old.id)) db.prices.patch(old.id, { active: false, isDefault: false, updatedAt: at })
  for (const old of oldProducts)
    if (!kept.has(old.id)) db.products.patch(old.id, { active: false, default: false, updatedAt: at })
  for (const old of oldFeatures)
    if (!kept.has(old.id)) db.features.patch(old.id, { active: false, updatedAt: at })
  return model
}

function fail({ kind, message }: Violation): never {
  throw rejectedPanic(kind, message)
}

/**
 * Clears the default flag of every pricing model. Like the platform, changes the update time of every model.
 */
export function clearDefaultModel({ db }: Platform, at: number): void {
  for (const { id } of db.pricingModels.all()) db.pricingModels.patch(id, { isDefault: false, updatedAt: at })
}
