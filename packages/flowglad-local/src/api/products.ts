import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Product } from '../database/records/pricing.ts'
import { duplicateSlug, explained, failedWrite, type Write } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { conflict, notFound, Problem, rejected, unexpected } from '../platform/problems.ts'
import { addUsagePrice, hasSlug, replaceProductPrice, updatePrice } from '../pricing/catalog.ts'
import { rejectToggles, syncFeatures } from '../pricing/productFeatures.ts'
import { label } from '../rules/bounds.ts'
import { forbiddenProductChange } from '../rules/defaultProduct.ts'
import { priceChanges } from '../rules/priceChanges.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { priceInput, productPriceInput, withNulls } from './priceInput.ts'
import { productDetails } from './pricingModelDetails.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

const text = z.string().nullish()
const productFields = {
  description: text,
  imageURL: text,
  active: z.boolean(),
  singularQuantityLabel: text,
  pluralQuantityLabel: text,
}
const isDefault = z.boolean().optional()
const featureIds = z.array(z.string()).optional()

const createInput = z.object({
  product: z
    .object({
      name: z.string().min(1, 'Name is required'),
      ...productFields,
      pricingModelId: z.string(),
      default: isDefault,
      slug: label,
    })
    .refine((given) => given.default || given.slug.toLowerCase() !== 'free', {
      message: "Slug 'free' is reserved for default products only",
      path: ['slug'],
    }),
  price: productPriceInput,
  featureIds,
})
const updateInput = z.object({
  product: z.object({
    id: z.string(),
    name: z.string(),
    ...productFields,
    default: isDefault,
    slug: label.optional(),
  }),
  price: priceInput.optional(),
  featureIds,
})

const presentProduct = (product: Product): Flowglad.ProductClientSelectSchema => product

export function productRoutes(route: Route): void {
  route(
    'GET',
    '/products',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        visible(platform, platform.db.products),
        query,
        presentProduct,
      ) satisfies PageOf<Flowglad.ProductListResponse>,
  )

  route('GET', '/products/:id', {}, ({ platform, params }) => {
    const product = visible(platform, platform.db.products).find(params.id)
    const prices = product ? platform.db.prices.by('product', product.id) : []
    const details = product && productDetails(platform, product, prices)
    if (!details) throw unexpected()
    return details satisfies Flowglad.ProductRetrieveResponse
  })

  route('POST', '/products', { body: createInput }, ({ platform, now, body }) =>
    explained(
      () => ({ product: createProduct(platform, now, body) }) satisfies Flowglad.ProductCreateResponse,
    ),
  )

  // The platform uses the ID in the body and ignores the ID in the URL.
  route('PUT', '/products/:id', { body: updateInput }, ({ platform, now, body }) =>
    explained(
      () => ({ product: updateProduct(platform, now, body) }) satisfies Flowglad.ProductUpdateResponse,
    ),
  )
}

function createProduct(
  platform: Platform,
  now: number,
  { product: given, price, featureIds: ids = [] }: z.output<typeof createInput>,
): Product {
  const { db, organizationId, pricingModelId } = platform
  if (given.default)
    throw new Problem(
      'FORBIDDEN',
      'Default products cannot be created manually. They are automatically created when pricing models are created.',
    )
  if (price.type === 'usage' && ids.length > 0)
    throw rejected('Usage prices cannot have features, because they belong to meters.')
  rejectToggles(platform, price.type, ids)
  if (given.pricingModelId !== pricingModelId)
    throw failedWrite(
      'insert',
      'products',
      `the API key has no access to the pricing model ${given.pricingModelId}`,
      new Problem('FORBIDDEN', 'Unable to access this product. Please verify your organization permissions.'),
    )
  rejectTakenSlug(platform, 'insert', given.slug)
  const product = db.products.put({
    ...newRecord('prod', now),
    organizationId,
    pricingModelId,
    name: given.name,
    active: true,
    default: false,
    description: given.description ?? null,
    imageURL: given.imageURL ?? null,
    singularQuantityLabel: given.singularQuantityLabel ?? null,
    pluralQuantityLabel: given.pluralQuantityLabel ?? null,
    slug: given.slug,
  })
  syncFeatures(platform, now, product, ids)
  if (price.type === 'usage') throw secondDefaultPrice(platform, price.usageMeterId)
  replaceProductPrice(platform, now, product, withNulls(price), 'bulk insert')
  return presentProduct(product)
}

/**
 * Returns the error for a new product with a usage price. The price would become its meter's default, but
 * every meter already has a default price. An inaccessible meter causes a different error.
 */
function secondDefaultPrice(platform: Platform, usageMeterId: string): Problem {
  if (visible(platform, platform.db.usageMeters).find(usageMeterId))
    return conflict('This usage meter is default unique already exists. Please choose a different value.')
  return new Problem(
    'FORBIDDEN',
    'This operation could not be completed due to security restrictions. Please contact support if you believe this is an error.',
  )
}

function updateProduct(
  platform: Platform,
  now: number,
  { product: { id, ...given }, price, featureIds }: z.output<typeof updateInput>,
): Product {
  const { db } = platform
  const before = visible(platform, db.products).get(id, 'products')
  const change = before.default ? { ...given, active: true } : given
  const forbidden = forbiddenProductChange({ ...before }, change)
  if (forbidden) throw new Problem('BAD_REQUEST', forbidden)
  if (change.slug !== undefined) rejectTakenSlug(platform, { update: id }, change.slug, id)
  const product = db.products.patch(id, { ...defined(change), updatedAt: now })
  if (featureIds) {
    const defaultPrice = db.prices.by('product', id).find((price) => price.isDefault)
    rejectToggles(platform, defaultPrice?.type, featureIds)
    syncFeatures(platform, now, product, featureIds)
  }
  if (!before.default) followProduct(platform, now, before, product, price)
  return presentProduct(product)
}

function rejectTakenSlug(platform: Platform, write: Write, slug: string, except?: string): void {
  if (!hasSlug(visible(platform, platform.db.products).all(), slug, except)) return
  const message = 'This product slug already exists in this pricing model. Please choose a different slug.'
  throw duplicateSlug(write, 'products', slug, conflict(message))
}

/**
 * Replaces the product's price if the request changes the price. A new product slug also becomes the price's
 * slug.
 */
function followProduct(
  platform: Platform,
  now: number,
  before: Product,
  product: Product,
  given: z.output<typeof priceInput> | undefined,
): void {
  const { db } = platform
  const renamed = product.slug !== before.slug
  const current = db.prices.by('product', product.id).find((price) => price.active && price.isDefault)
  if (given && priceChanges(given, current)) {
    const slug = renamed ? product.slug : (given.slug ?? current?.slug ?? null)
    const price = { ...withNulls(given), slug }
    if (given.type === 'usage') {
      const meter = visible(platform, db.usageMeters).find(given.usageMeterId)
      if (!meter) throw notFound('The requested usage_meters could not be found.')
      addUsagePrice(platform, now, meter, price)
    } else {
      // Like the platform, use the product ID in the price, even if the request updates a different product.
      const owner = visible(platform, db.products).get(given.productId, 'products')
      replaceProductPrice(platform, now, owner, price)
    }
  } else if (renamed && current) updatePrice(platform, now, current, { slug: product.slug })
}
