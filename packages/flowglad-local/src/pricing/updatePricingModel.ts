import type { Price, PricingModel } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejected } from '../platform/problems.ts'
import { exportPricingModel } from './exportPricingModel.ts'
import { clearDefaultModel } from './installPricingModel.ts'
import {
  compareSetups,
  differs,
  forbiddenChange,
  protectDefaultProduct,
  type SetupChanges,
  usagePriceChanges,
  usagePriceSlug,
} from './pricingChanges.ts'
import type { PricingSetup } from './pricingSetup.ts'
import { syncFeatures } from './productFeatures.ts'
import {
  featureFields,
  meterFields,
  productFields,
  productPriceTerms,
  resourceFields,
  usagePriceTerms,
} from './setupRecords.ts'
import { type missing, validateSetup } from './validateSetup.ts'

interface Update {
  platform: Platform
  at: number
  model: PricingModel
}

/** Returns the platform's error for a record that its database rejects during an update. */
const refused = () => rejected('generator body threw')

/** Returns the new value, or the stored value if the update omits the field. */
const kept = <T>(next: T | undefined, stored: T): T => (next === undefined ? stored : next)

/**
 * Changes a pricing model to match a setup. Matches the parts by slug. Parts that the setup omits become
 * inactive. A setup that omits a meter is rejected. As on the platform, an inactive feature or resource stays
 * inactive if a later setup contains it again.
 */
export function updatePricingModel(
  platform: Platform,
  at: number,
  model: PricingModel,
  proposed: PricingSetup,
): PricingModel {
  const before = exportPricingModel(platform, model)
  const broken = validateSetup(proposed)
  if (broken) throw rejected(broken.message)
  const after = protectDefaultProduct(before, proposed)
  const changes = compareSetups(before, after)
  const forbidden = forbiddenChange(changes)
  if (forbidden) throw rejected(forbidden.message)

  const update = { platform, at, model }
  const changed = changeNameAndDefault(update, after)
  changeMeters(update, changes.usageMeters)
  changeResources(update, changes.resources)
  changeFeatures(update, changes.features)
  changeProducts(update, changes.products)
  const { db } = platform
  const featureIds = idsBySlug(db.features.by('model', model.id))
  for (const { product, features } of after.products) {
    const stored = db.products.by('model', model.id).find(({ slug }) => slug === product.slug)
    if (stored)
      syncFeatures(platform, at, stored, [...new Set(features.flatMap((slug) => featureIds.get(slug) ?? []))])
  }
  return changed
}

const idsBySlug = (records: readonly { id: string; slug: string }[]) =>
  new Map(records.map(({ id, slug }) => [slug, id]))

function changeNameAndDefault({ platform, at, model }: Update, { name, isDefault }: PricingSetup) {
  if (name === model.name && isDefault === model.isDefault) return model
  if (isDefault && !model.isDefault) clearDefaultModel(platform, at)
  return platform.db.pricingModels.patch(model.id, { name, isDefault, updatedAt: at })
}

function changeMeters({ platform, at, model }: Update, meters: SetupChanges['usageMeters']): void {
  const { db, organizationId } = platform
  const putPrice = (meterId: string, terms: ReturnType<typeof usagePriceTerms>) => {
    if (terms.isDefault && db.prices.by('meter', meterId).some((price) => price.isDefault)) throw refused()
    db.prices.put({ ...newRecord('price', at), ...terms, pricingModelId: model.id, usageMeterId: meterId })
  }
  for (const { usageMeter, prices } of meters.added) {
    const { id } = db.usageMeters.put({
      ...newRecord('usage_meter', at),
      organizationId,
      pricingModelId: model.id,
      ...meterFields(usageMeter),
    })
    for (const price of prices ?? []) putPrice(id, usagePriceTerms(price))
  }
  const stored = db.usageMeters.by('model', model.id)
  for (const { before, after } of meters.kept) {
    const meter = stored.find(({ slug }) => slug === before.usageMeter.slug)
    if (!meter) continue
    const { name, aggregationType } = after.usageMeter
    if (differs(before.usageMeter, after.usageMeter))
      db.usageMeters.patch(meter.id, {
        name,
        aggregationType: kept(aggregationType, meter.aggregationType),
        updatedAt: at,
      })
    const archive = (slug: string) => {
      const price = db.prices
        .by('meter', meter.id)
        .find((p) => p.active && usagePriceSlug(asTerms(p), meter.slug) === slug)
      if (price) db.prices.patch(price.id, { active: false, isDefault: false, updatedAt: at })
    }
    const prices = usagePriceChanges(before, after)
    for (const price of prices.removed) archive(usagePriceSlug(price, meter.slug))
    for (const price of prices.added)
      putPrice(meter.id, { ...usagePriceTerms(price), slug: usagePriceSlug(price, meter.slug) })
    for (const price of prices.kept) {
      if (!differs(price.before, price.after)) continue
      const slug = usagePriceSlug(price.before, meter.slug)
      archive(slug)
      putPrice(meter.id, { ...usagePriceTerms(price.after), slug })
    }
  }
}

const asTerms = (price: Price) => ({
  slug: price.slug ?? undefined,
  unitPrice: price.unitPrice,
  usageEventsPerUnit: price.usageEventsPerUnit ?? 1,
  intervalUnit: price.intervalUnit ?? 'month',
  intervalCount: price.intervalCount ?? 1,
})

function changeResources({ platform, at, model }: Update, resources: SetupChanges['resources']): void {
  const { db, organizationId } = platform
  const stored = new Map(db.resources.by('model', model.id).map((resource) => [resource.slug, resource]))
  for (const resource of resources.added)
    if (!stored.has(resource.slug))
      db.resources.put({
        ...newRecord('resource', at),
        organizationId,
        pricingModelId: model.id,
        ...resourceFields(resource),
      })
  for (const { before, after } of resources.kept) {
    const resource = stored.get(before.slug)
    if (resource && differs(before, after))
      db.resources.patch(resource.id, {
        name: after.name,
        active: kept(after.active, resource.active),
        updatedAt: at,
      })
  }
  for (const { slug } of resources.removed) {
    const resource = stored.get(slug)
    if (resource) db.resources.patch(resource.id, { active: false, updatedAt: at })
  }
}

function changeFeatures({ platform, at, model }: Update, features: SetupChanges['features']): void {
  const { db, organizationId } = platform
  const stored = new Map(db.features.by('model', model.id).map((feature) => [feature.slug, feature]))
  const ids = {
    meterIds: idsBySlug(db.usageMeters.by('model', model.id)),
    resourceIds: idsBySlug(db.resources.by('model', model.id)),
  }
  const fail = ({ message }: ReturnType<typeof missing>): never => {
    throw rejected(message)
  }
  for (const feature of features.added) {
    const fields = featureFields(feature, ids, fail)
    if (!stored.has(feature.slug))
      db.features.put({
        ...newRecord('feature', at),
        organizationId,
        pricingModelId: model.id,
        ...fields,
      })
  }
  for (const { before, after } of features.kept) {
    const feature = stored.get(before.slug)
    if (feature && differs(before, after))
      db.features.patch(feature.id, {
        ...featureFields(after, ids, fail),
        active: kept(after.active, feature.active),
        updatedAt: at,
      })
  }
  for (const { slug } of features.removed) {
    const feature = stored.get(slug)
    if (feature) db.features.patch(feature.id, { active: false, updatedAt: at })
  }
}

function changeProducts({ platform, at, model }: Update, products: SetupChanges['products']): void {
  const { db, organizationId } = platform
  const stored = new Map(db.products.by('model', model.id).map((product) => [product.slug, product]))
  const putPrice = (productId: string, terms: ReturnType<typeof productPriceTerms>) => {
    const taken = db.prices
      .by('model', model.id)
      .some((price) => price.productId !== null && price.active && price.slug === terms.slug)
    if (taken) throw refused()
    db.prices.put({ ...newRecord('price', at), ...terms, pricingModelId: model.id, productId })
  }
  const archivePrice = (productId: string) => {
    for (const price of db.prices.by('product', productId))
      if (price.active && price.isDefault)
        db.prices.patch(price.id, { active: false, isDefault: false, updatedAt: at })
  }
  const added = products.added.map(({ product, price }) => {
    if (stored.has(product.slug)) throw refused()
    const record = db.products.put({
      ...newRecord('prod', at),
      organizationId,
      pricingModelId: model.id,
      ...productFields(product),
    })
    return { id: record.id, price }
  })
  for (const { id, price } of added) putPrice(id, productPriceTerms(price))

  const replaced: typeof added = []
  for (const { before, after } of products.kept) {
    const product = stored.get(before.product.slug)
    if (!product) continue
    const next = after.product
    if (differs(before.price, after.price)) replaced.push({ id: product.id, price: after.price })
    if (differs(before.product, next))
      db.products.patch(product.id, {
        name: next.name,
        active: next.active,
        description: kept(next.description, product.description),
        default: kept(next.default, product.default),
        imageURL: kept(next.imageURL, product.imageURL),
        singularQuantityLabel: kept(next.singularQuantityLabel, product.singularQuantityLabel),
        pluralQuantityLabel: kept(next.pluralQuantityLabel, product.pluralQuantityLabel),
        updatedAt: at,
      })
  }
  for (const { id } of replaced) archivePrice(id)
  for (const { id, price } of replaced) putPrice(id, productPriceTerms(price))
  for (const { product: gone } of products.removed) {
    const product = stored.get(gone.slug)
    if (!product) continue
    db.products.patch(product.id, { active: false, updatedAt: at })
    archivePrice(product.id)
  }
}
