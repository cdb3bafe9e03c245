import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { find, linkFeatures, noPrice, putPrice, refuseTakenSlug } from '../billing/catalog.ts'
import type { Product } from '../database/records.ts'
import { newRecord } from '../platform.ts'
import { refused } from '../problems.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { productPriceInput, withNulls } from './priceInput.ts'
import { productDetails } from './pricingModelDetails.ts'
import type { Route } from './route.ts'

const text = z.string().nullish()
const productFields = {
  description: text,
  imageURL: text,
  singularQuantityLabel: text,
  pluralQuantityLabel: text,
  slug: text,
  default: z.boolean().optional(),
}

export function productRoutes(route: Route): void {
  const presentProduct = (product: Product): Flowglad.ProductClientSelectSchema => product
  const createInput = z.object({
    product: z.object({
      name: z.string(),
      active: z.boolean(),
      pricingModelId: z.string(),
      ...productFields,
    }),
    price: productPriceInput,
    featureIds: z.array(z.string()).optional(),
  })
  const updateInput = z.object({
    product: z.object({ name: z.string().optional(), active: z.boolean().optional(), ...productFields }),
    price: productPriceInput.optional(),
    featureIds: z.array(z.string()).optional(),
  })

  route(
    'GET',
    '/products',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(platform.books.products, query, presentProduct) satisfies PageOf<Flowglad.ProductListResponse>,
  )

  route(
    'GET',
    '/products/:id',
    {},
    ({ platform, params }) =>
      productDetails(
        platform,
        find(platform.books.products, params.id, 'Product'),
      ) satisfies Flowglad.ProductRetrieveResponse,
  )

  route('POST', '/products', { body: createInput }, ({ platform, now, body }) => {
    const { books, organizationId } = platform
    const { pricingModelId } =
      find(books.pricingModels, body.product.pricingModelId, 'Pricing Model') && body.product
    if (body.product.default) throw refused('Invalid product: Cannot create additional default products')
    refuseTakenSlug(books.products.by('model', pricingModelId), body.product.slug, 'product')
    const product = books.products.put({
      ...newRecord('prod', now),
      organizationId,
      pricingModelId,
      name: body.product.name,
      active: body.product.active,
      default: false,
      description: body.product.description ?? null,
      imageURL: body.product.imageURL ?? null,
      singularQuantityLabel: body.product.singularQuantityLabel ?? null,
      pluralQuantityLabel: body.product.pluralQuantityLabel ?? null,
      slug: body.product.slug ?? null,
    })
    putPrice(platform, now, {
      ...noPrice,
      ...withNulls(body.price),
      isDefault: true,
      productId: product.id,
      pricingModelId,
    })
    linkFeatures(platform, now, product, body.featureIds ?? [])
    return { product: presentProduct(product) } satisfies Flowglad.ProductCreateResponse
  })

  route('PUT', '/products/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { books } = platform
    const product = find(books.products, params.id, 'Product')
    refuseTakenSlug(
      books.products.by('model', product.pricingModelId),
      body.product.slug,
      'product',
      product.id,
    )
    const updated = books.products.patch(product.id, { ...defined(body.product), updatedAt: now })
    if (body.price)
      putPrice(platform, now, {
        ...noPrice,
        ...withNulls(body.price),
        productId: product.id,
        pricingModelId: product.pricingModelId,
      })
    if (body.featureIds) linkFeatures(platform, now, product, body.featureIds)
    return { product: presentProduct(updated) } satisfies Flowglad.ProductUpdateResponse
  })
}
