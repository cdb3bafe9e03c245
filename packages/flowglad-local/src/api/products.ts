import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Price, Product } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { Problem, unexpected } from '../platform/problems.ts'
import {
  addUsagePrice,
  hasSlug,
  linkFeatures,
  productSlugTaken,
  replaceProductPrice,
  togglesOnSinglePayment,
} from '../pricing/catalog.ts'
import { label } from '../rules/bounds.ts'
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
  default: z.boolean().optional(),
}
const featureIds = z.array(z.string()).optional()

const createInput = z.object({
  product: z
    .object({ name: z.string().min(1, 'Name is required'), ...productFields, slug: label })
    .refine(({ slug, default: isDefault }) => isDefault || slug.toLowerCase() !== 'free', {
      message: "Slug 'free' is reserved for default products only",
      path: ['slug'],
    }),
  price: productPriceInput,
  featureIds,
})
const updateInput = z.object({
  product: z.object({ id: z.string(), name: z.string(), ...productFields, slug: label.optional() }),
  price: priceInput.optional(),
  featureIds,
})

/** The fields that an update of the default product can change. */
const changeable = ['name', 'slug', 'displayFeatures', 'description', 'imageURL', 'active']

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

  route('POST', '/products', { body: createInput }, ({ platform, now, body }) => {
    const { db, organizationId, pricingModelId } = platform
    const { product: given, price } = body
    if (given.default)
      throw new Problem(
        'FORBIDDEN',
        'Default products cannot be created manually. They are automatically created when pricing models are created.',
      )
    if (hasSlug(db.products.by('model', pricingModelId), given.slug)) throw productSlugTaken()
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
    setFeatures(platform, now, product, price.type, body.featureIds)
    if (price.type === 'usage') {
      const meter = visible(platform, db.usageMeters).find(price.usageMeterId)
      if (!meter)
        throw new Problem('BAD_REQUEST', 'The specified usage meter does not exist or is not configured.')
      addUsagePrice(platform, now, meter, { ...withNulls(price), isDefault: true })
    } else replaceProductPrice(platform, now, product, withNulls(price))
    return { product: presentProduct(product) } satisfies Flowglad.ProductCreateResponse
  })

  route('PUT', '/products/:id', { body: updateInput }, ({ platform, now, body }) => {
    const { db } = platform
    const { id, ...change } = body.product
    // The platform uses the ID in the body and ignores the ID in the URL.
    const product = visible(platform, db.products).find(id)
    if (!product) throw unexpected()
    rejectDefaultChange(product, change)
    const slug = change.slug === undefined ? product.slug : change.slug
    if (hasSlug(db.products.by('model', product.pricingModelId), slug, id)) throw productSlugTaken()
    const updated = db.products.patch(id, {
      ...defined(change),
      ...(product.default && { active: true }),
      updatedAt: now,
    })
    const current = db.prices.by('product', id).find((price) => price.active && price.isDefault)
    setFeatures(platform, now, updated, current?.type, body.featureIds)
    if (!product.default) followProduct(platform, now, product, updated, current, body.price)
    return { product: presentProduct(updated) } satisfies Flowglad.ProductUpdateResponse
  })
}

function rejectDefaultChange(product: Product, change: { default?: boolean | undefined }): void {
  if (change.default !== undefined && change.default !== product.default)
    throw new Problem('FORBIDDEN', 'Cannot change the default status of a product')
  const fixed = Object.keys(change).filter((key) => !changeable.includes(key))
  if (product.default && fixed.length > 0)
    throw new Problem(
      'FORBIDDEN',
      `Cannot update the following fields on default products: ${fixed.join(', ')}. Only ${changeable.join(', ')} can be modified.`,
    )
}

function setFeatures(
  platform: Platform,
  now: number,
  product: Product,
  priceType: Price['type'] | undefined,
  ids: string[] | undefined,
): void {
  if (ids === undefined) return
  if (priceType === 'usage' && ids.length > 0) throw unexpected()
  if (togglesOnSinglePayment(platform, priceType, ids)) throw unexpected()
  const features = visible(platform, platform.db.features)
  if (ids.some((id) => !features.find(id)))
    throw new Problem('BAD_REQUEST', 'The specified feature does not exist.')
  linkFeatures(platform, now, product, ids)
}

/** Replaces the price if it has changed. A new product slug also becomes the price's slug. */
function followProduct(
  platform: Platform,
  now: number,
  before: Product,
  product: Product,
  current: Price | undefined,
  given: z.output<typeof priceInput> | undefined,
): void {
  const renamed = product.slug !== before.slug
  const price = given && given.type !== 'usage' ? withNulls(given) : undefined
  if (price && given && differs(given, current)) {
    const slug = renamed ? product.slug : (price.slug ?? current?.slug ?? null)
    replaceProductPrice(platform, now, product, { ...price, slug })
  } else if (renamed && current) {
    platform.db.prices.patch(current.id, { slug: product.slug, updatedAt: now })
  }
}

const compared = [
  'unitPrice',
  'intervalUnit',
  'intervalCount',
  'trialPeriodDays',
  'isDefault',
  'name',
  'active',
  'slug',
] as const

type Said = { [Key in (typeof compared)[number]]?: Price[Key] | undefined } & Pick<Price, 'type'>

/** Returns whether a price differs from the current price. Fields that the request omits count as unchanged. */
const differs = (said: Said, current: Price | undefined): boolean =>
  !current ||
  said.type !== current.type ||
  compared.some((field) => said[field] !== undefined && said[field] !== current[field])
