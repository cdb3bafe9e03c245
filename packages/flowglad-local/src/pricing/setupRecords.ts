import type { Feature, Price, Product, Resource, UsageMeter } from '../database/records/pricing.ts'
import { emptyPrice } from './catalog.ts'
import type { PricingSetup } from './pricingSetup.ts'
import { missing, type Violation } from './validateSetup.ts'

/* These functions return the fields of the records that store a setup's parts. */

type Meter = PricingSetup['usageMeters'][number]
type ProductEntry = PricingSetup['products'][number]
type UsagePrice = NonNullable<Meter['prices']>[number]

export const meterFields = ({ name, slug, aggregationType = 'sum' }: Meter['usageMeter']) =>
  ({ name, slug, aggregationType }) satisfies Partial<UsageMeter>

export const resourceFields = ({
  slug,
  name,
  active = true,
}: NonNullable<PricingSetup['resources']>[number]) => ({ slug, name, active }) satisfies Partial<Resource>

export const productFields = (product: ProductEntry['product']) =>
  ({
    name: product.name,
    slug: product.slug,
    description: product.description ?? null,
    active: product.active,
    default: product.default ?? false,
    imageURL: product.imageURL ?? null,
    singularQuantityLabel: product.singularQuantityLabel ?? null,
    pluralQuantityLabel: product.pluralQuantityLabel ?? null,
  }) satisfies Partial<Product>

export const productPriceTerms = (price: ProductEntry['price']) =>
  ({
    ...emptyPrice,
    type: price.type,
    name: price.name ?? null,
    slug: price.slug ?? null,
    unitPrice: price.unitPrice,
    isDefault: true,
    active: true,
    intervalUnit: price.intervalUnit,
    intervalCount: price.intervalCount,
    trialPeriodDays: price.trialPeriodDays ?? null,
  }) satisfies Partial<Price>

export const usagePriceTerms = (price: UsagePrice) =>
  ({
    ...emptyPrice,
    type: price.type,
    name: price.name ?? null,
    slug: price.slug ?? null,
    unitPrice: price.unitPrice,
    usageEventsPerUnit: price.usageEventsPerUnit,
    isDefault: price.isDefault,
    active: price.active ?? true,
    intervalUnit: price.intervalUnit,
    intervalCount: price.intervalCount,
  }) satisfies Partial<Price>

/**
 * Returns a feature's fields.
 * @param fail throws the error for a meter or resource that isn't in the setup
 */
export function featureFields(
  feature: PricingSetup['features'][number],
  { meterIds, resourceIds }: Record<'meterIds' | 'resourceIds', ReadonlyMap<string, string>>,
  fail: (violation: Violation) => never,
): Omit<Feature, 'id' | 'createdAt' | 'updatedAt' | 'livemode' | 'organizationId' | 'pricingModelId'> {
  const { slug, name, description, active = true } = feature
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
      const { type, amount, renewalFrequency, usageMeterSlug } = feature
      const usageMeterId = meterIds.get(usageMeterSlug) ?? fail(missing('UsageMeter', usageMeterSlug))
      return { ...common, type, amount, renewalFrequency, usageMeterId }
    }
    case 'resource': {
      const { type, amount, resourceSlug } = feature
      const resourceId = resourceIds.get(resourceSlug) ?? fail(missing('Resource', resourceSlug))
      return { ...common, type, amount, resourceId }
    }
    default:
      return feature satisfies never
  }
}
