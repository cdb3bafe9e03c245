import type { Feature, Price, PricingModel } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejectedPanic } from '../platform/problems.ts'
import { emptyPrice, noChargeSlug } from './catalog.ts'
import type { PricingSetup } from './pricingSetup.ts'

/**
 * Installs a setup as a new pricing model. With `replacing`, updates that pricing model instead, so that a
 * developer can edit the pricing file and restart. In an update, records whose slug is still in the setup keep
 * their IDs. Other prices, products and features become inactive instead of being deleted, because
 * subscriptions can refer to them.
 */
export function installPricingModel(
  platform: Platform,
  at: number,
  setup: PricingSetup,
  { replacing }: { replacing?: PricingModel } = {},
): PricingModel {
  const { db, organizationId } = platform
  rejectDuplicates(setup)
  if (setup.isDefault) {
    for (const other of db.pricingModels.all())
      if (other.isDefault) db.pricingModels.patch(other.id, { isDefault: false, updatedAt: at })
  }
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
      ...usageMeter,
    })
    meterIds.set(meter.slug, meter.id)
    for (const price of prices ?? []) {
      putPrice({ ...price, name: price.name ?? null, slug: price.slug ?? null, usageMeterId: meter.id })
    }
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
      ...resource,
    })
    resourceIds.set(resource.slug, id)
  }

  const featureIds = new Map<string, string>()
  for (const feature of setup.features) {
    const { id } = db.features.put({
      ...keepId('feature', withSlug(oldFeatures, feature.slug)),
      organizationId,
      pricingModelId: model.id,
      ...featureFields(feature, meterIds, resourceIds),
    })
    featureIds.set(feature.slug, id)
  }

  for (const { product, price, features } of setup.products) {
    if (product.default && price.unitPrice !== 0)
      throw rejectedPanic('ValidationError', 'Invalid price.amount: Default products must have zero price')
    if (product.default && price.type === 'subscription' && price.trialPeriodDays)
      throw rejectedPanic(
        'ValidationError',
        'Invalid price.trialPeriodDays: Default products cannot have trials',
      )
    if (!price.slug)
      throw rejectedPanic(
        'ValidationError',
        `Invalid price.slug: Price slug is required. Received ${JSON.stringify(price)}`,
      )
    const { id: productId } = db.products.put({
      ...keepId('prod', withSlug(oldProducts, product.slug)),
      organizationId,
      pricingModelId: model.id,
      name: product.name,
      slug: product.slug,
      description: product.description ?? null,
      active: product.active,
      default: product.default,
      imageURL: product.imageURL ?? null,
      singularQuantityLabel: product.singularQuantityLabel ?? null,
      pluralQuantityLabel: product.pluralQuantityLabel ?? null,
    })
    putPrice({
      ...price,
      name: price.name ?? null,
      slug: price.slug,
      trialPeriodDays: (price.type === 'subscription' && price.trialPeriodDays) || null,
      productId,
    })
    const links = db.productFeatures.by('product', productId)
    const wanted = new Set<string>()
    for (const slug of features) {
      const featureId = featureIds.get(slug)
      if (!featureId) throw rejectedPanic('NotFoundError', `Feature not found: ${slug}`)
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

/** Rejects duplicate price slugs and duplicate defaults. */
function rejectDuplicates({ products, usageMeters }: PricingSetup): void {
  const slugs = new Set<string>()
  const ofMeters = usageMeters.flatMap(({ prices }) => prices ?? [])
  for (const { slug } of [...products.map(({ price }) => price), ...ofMeters]) {
    if (slug && slugs.has(slug))
      throw rejectedPanic('ValidationError', `Invalid price.slug: Price with slug ${slug} already exists`)
    if (slug) slugs.add(slug)
  }
  for (const { usageMeter, prices } of usageMeters)
    if ((prices ?? []).filter(({ isDefault }) => isDefault).length > 1)
      throw rejectedPanic(
        'ValidationError',
        `Invalid usageMeter.prices: Usage meter "${usageMeter.slug}" has multiple prices with isDefault=true. At most one price per usage meter can be the default.`,
      )
  if (products.filter(({ product }) => product.default).length > 1)
    throw rejectedPanic('ValidationError', 'Invalid products: Multiple default products not allowed')
}

function featureFields(
  feature: PricingSetup['features'][number],
  meterIds: Map<string, string>,
  resourceIds: Map<string, string>,
): Pick<
  Feature,
  | 'type'
  | 'slug'
  | 'name'
  | 'description'
  | 'active'
  | 'amount'
  | 'usageMeterId'
  | 'renewalFrequency'
  | 'resourceId'
> {
  const { slug, name, description, active } = feature
  const common = {
    slug,
    name,
    description,
    active,
    usageMeterId: null,
    renewalFrequency: null,
    resourceId: null,
  }
  switch (feature.type) {
    case 'toggle':
      return { ...common, type: 'toggle', amount: null }
    case 'usage_credit_grant': {
      const usageMeterId = meterIds.get(feature.usageMeterSlug)
      if (!usageMeterId)
        throw rejectedPanic('NotFoundError', `UsageMeter not found: ${feature.usageMeterSlug}`)
      return {
        ...common,
        type: 'usage_credit_grant',
        amount: feature.amount,
        renewalFrequency: feature.renewalFrequency,
        usageMeterId,
      }
    }
    case 'resource': {
      const resourceId = resourceIds.get(feature.resourceSlug)
      if (!resourceId) throw rejectedPanic('NotFoundError', `Resource not found: ${feature.resourceSlug}`)
      return { ...common, type: 'resource', amount: feature.amount, resourceId }
    }
    default:
      return feature satisfies never
  }
}
