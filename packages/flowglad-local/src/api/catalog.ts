import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Feature, Price, Product, UsageMeter } from '../database/records.ts'
import type { Table } from '../database/Table.ts'
import { newRecord, type Platform } from '../platform.ts'
import { conflict, notFound, refused } from '../problems.ts'
import { defined } from './defined.ts'
import { listPage, listQuery } from './list.ts'
import { presentFeature, presentPrice, productDetails } from './pricingModelDetails.ts'
import type { Route } from './route.ts'

const interval = z.enum(['day', 'week', 'month', 'year'])
const text = z.string().nullish()

const priceFields = {
  name: text,
  slug: text,
  unitPrice: z.int().nonnegative(),
  isDefault: z.boolean(),
  active: z.boolean().default(true),
}
const subscriptionPrice = z.object({
  type: z.literal('subscription'),
  ...priceFields,
  intervalUnit: interval,
  intervalCount: z.int().positive(),
  trialPeriodDays: z.int().nonnegative().nullish(),
})
const singlePrice = z.object({ type: z.literal('single_payment'), ...priceFields })
const usagePrice = z.object({
  type: z.literal('usage'),
  ...priceFields,
  usageEventsPerUnit: z.int().positive(),
  usageMeterId: z.string(),
  intervalUnit: interval,
  intervalCount: z.int().positive(),
})
const ofProduct = { productId: z.string() }
const priceInput = z.discriminatedUnion('type', [
  subscriptionPrice.extend(ofProduct),
  singlePrice.extend(ofProduct),
  usagePrice,
])
const productPriceInput = z.discriminatedUnion('type', [subscriptionPrice, singlePrice])

const productFields = {
  description: text,
  imageURL: text,
  singularQuantityLabel: text,
  pluralQuantityLabel: text,
  slug: text,
  default: z.boolean().optional(),
}

const find = <R extends { id: string }>(table: Table<R>, id: string | undefined, noun: string): R => {
  const record = table.find(id ?? '')
  if (!record) throw notFound(`${noun} not found with id: ${id}`)
  return record
}

/** Slugs name things within one pricing model: two of a kind cannot share one. */
function refuseTakenSlug<R extends { id: string; slug: string | null }>(
  records: R[],
  slug: string | null | undefined,
  noun: string,
  except?: string,
): void {
  if (slug && records.some((record) => record.slug === slug && record.id !== except))
    throw conflict(`A ${noun} with slug "${slug}" already exists in this pricing model`)
}

/** A product or meter has one default price: a new one takes the place of the old. */
function putPrice(
  platform: Platform,
  now: number,
  price: Omit<Price, 'id' | 'createdAt' | 'updatedAt' | 'livemode'>,
) {
  const { books } = platform
  refuseTakenSlug(
    books.prices.by('model', price.pricingModelId).filter((p) => p.active),
    price.slug,
    'price',
  )
  const stored = books.prices.put({ ...newRecord('price', now), ...price })
  if (stored.isDefault) demoteOthers(platform, now, stored)
  return stored
}

function demoteOthers({ books }: Platform, now: number, price: Price): void {
  const siblings = price.productId
    ? books.prices.by('product', price.productId)
    : books.prices.by('meter', price.usageMeterId ?? '')
  for (const other of siblings)
    if (other.isDefault && other.id !== price.id)
      books.prices.patch(other.id, { isDefault: false, updatedAt: now })
}

const noPrice = {
  name: null,
  slug: null,
  intervalUnit: null,
  intervalCount: null,
  trialPeriodDays: null,
  usageEventsPerUnit: null,
  productId: null,
  usageMeterId: null,
  currency: 'USD' as const,
}

export function catalogRoutes(route: Route): void {
  productRoutes(route)
  priceRoutes(route)
  usageMeterRoutes(route)
  featureRoutes(route)
}

function productRoutes(route: Route): void {
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

  route('GET', '/products', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.products, query, presentProduct),
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

/** Makes exactly these features the product's. Subscriptions keep what they started with. */
function linkFeatures({ books }: Platform, now: number, product: Product, featureIds: string[]): void {
  const links = books.productFeatures.by('product', product.id)
  for (const link of links)
    if (link.expiredAt === null && !featureIds.includes(link.featureId))
      books.productFeatures.patch(link.id, { expiredAt: now, updatedAt: now })
  for (const featureId of featureIds) {
    find(books.features, featureId, 'Feature')
    const link = links.find((l) => l.featureId === featureId)
    if (!link)
      books.productFeatures.put({
        ...newRecord('product_feature', now),
        productId: product.id,
        featureId,
        expiredAt: null,
      })
    else if (link.expiredAt !== null)
      books.productFeatures.patch(link.id, { expiredAt: null, updatedAt: now })
  }
}

/** A stored price says null where an input may say nothing. */
function withNulls(price: z.output<typeof productPriceInput>) {
  return {
    ...price,
    name: price.name ?? null,
    slug: price.slug ?? null,
    trialPeriodDays: (price.type === 'subscription' && price.trialPeriodDays) || null,
  }
}

function priceRoutes(route: Route): void {
  route('GET', '/prices', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.prices, query, presentPrice),
  )

  route('GET', '/prices/:id', {}, ({ platform, params }) => ({
    price: presentPrice(find(platform.books.prices, params.id, 'Price')),
  }))

  route('POST', '/prices', { body: z.object({ price: priceInput }) }, ({ platform, now, body }) => {
    const { books } = platform
    const { price } = body
    const owner =
      price.type === 'usage'
        ? find(books.usageMeters, price.usageMeterId, 'UsageMeter')
        : find(books.products, price.productId, 'Product')
    if ('default' in owner && owner.default && price.unitPrice !== 0)
      throw refused('Invalid price.amount: Default products must have zero price')
    if (price.type === 'usage' && price.slug?.endsWith('_no_charge'))
      throw refused('Invalid slug: Usage price slugs ending with "_no_charge" are reserved')
    const terms =
      price.type === 'usage'
        ? { ...price, name: price.name ?? null, slug: price.slug ?? null }
        : { ...price, ...withNulls(price) }
    const stored = putPrice(platform, now, { ...noPrice, ...terms, pricingModelId: owner.pricingModelId })
    return { price: presentPrice(stored) } satisfies Flowglad.PriceCreateResponse
  })

  const changes = z.object({
    name: text,
    slug: text,
    active: z.boolean().optional(),
    isDefault: z.boolean().optional(),
  })
  route('PUT', '/prices/:id', { body: z.object({ price: changes }) }, ({ platform, now, params, body }) => {
    const { books } = platform
    const price = find(books.prices, params.id, 'Price')
    refuseTakenSlug(
      books.prices.by('model', price.pricingModelId).filter((p) => p.active),
      body.price.slug,
      'price',
      price.id,
    )
    const updated = books.prices.patch(price.id, { ...defined(body.price), updatedAt: now })
    if (updated.isDefault) demoteOthers(platform, now, updated)
    return { price: presentPrice(updated) } satisfies Flowglad.PriceUpdateResponse
  })
}

function usageMeterRoutes(route: Route): void {
  const presentMeter = (meter: UsageMeter): Flowglad.UsageMeterClientSelectSchema => meter
  const aggregationType = z.enum(['sum', 'count_distinct_properties'])
  const createInput = z.object({
    usageMeter: z.object({
      name: z.string(),
      slug: z.string(),
      pricingModelId: z.string(),
      aggregationType: aggregationType.default('sum'),
    }),
    price: z
      .object({
        unitPrice: z.int().nonnegative().optional(),
        usageEventsPerUnit: z.int().positive().optional(),
      })
      .optional(),
  })

  route('GET', '/usage-meters', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.usageMeters, query, presentMeter),
  )

  route(
    'GET',
    '/usage-meters/:id',
    {},
    ({ platform, params }) =>
      ({
        usageMeter: presentMeter(find(platform.books.usageMeters, params.id, 'UsageMeter')),
      }) satisfies Flowglad.UsageMeterRetrieveResponse,
  )

  route('POST', '/usage-meters', { body: createInput }, ({ platform, now, body }) => {
    const { books, organizationId } = platform
    const { pricingModelId, slug, name } = body.usageMeter
    find(books.pricingModels, pricingModelId, 'Pricing Model')
    refuseTakenSlug(books.usageMeters.by('model', pricingModelId), slug, 'usage meter')
    const meter = books.usageMeters.put({
      ...newRecord('usage_meter', now),
      organizationId,
      ...body.usageMeter,
    })
    const priced = body.price?.unitPrice !== undefined && body.price.unitPrice > 0
    const common = {
      ...noPrice,
      type: 'usage' as const,
      active: true,
      intervalUnit: 'month' as const,
      intervalCount: 1,
      usageMeterId: meter.id,
      pricingModelId,
    }
    if (priced)
      putPrice(platform, now, {
        ...common,
        name,
        slug,
        unitPrice: body.price?.unitPrice ?? 0,
        usageEventsPerUnit: body.price?.usageEventsPerUnit ?? 1,
        isDefault: true,
      })
    putPrice(platform, now, {
      ...common,
      name: `${name} - No Charge`,
      slug: `${slug}_no_charge`,
      unitPrice: 0,
      usageEventsPerUnit: 1,
      isDefault: !priced,
    })
    return { usageMeter: presentMeter(meter) } satisfies Flowglad.UsageMeterCreateResponse
  })

  const changes = z.object({
    name: z.string().optional(),
    slug: z.string().optional(),
    aggregationType: aggregationType.optional(),
  })
  route(
    'PUT',
    '/usage-meters/:id',
    { body: z.object({ usageMeter: changes }) },
    ({ platform, now, params, body }) => {
      const { books } = platform
      const meter = find(books.usageMeters, params.id, 'UsageMeter')
      refuseTakenSlug(
        books.usageMeters.by('model', meter.pricingModelId),
        body.usageMeter.slug,
        'usage meter',
        meter.id,
      )
      return {
        usageMeter: presentMeter(
          books.usageMeters.patch(meter.id, { ...defined(body.usageMeter), updatedAt: now }),
        ),
      } satisfies Flowglad.UsageMeterUpdateResponse
    },
  )
}

const featureInput = z.discriminatedUnion('type', [
  z.object({ type: z.literal('toggle') }),
  z.object({
    type: z.literal('usage_credit_grant'),
    amount: z.int().positive(),
    usageMeterId: z.string(),
    renewalFrequency: z.enum(['once', 'every_billing_period']),
  }),
  z.object({ type: z.literal('resource'), amount: z.int().positive(), resourceId: z.string() }),
])

function featureRoutes(route: Route): void {
  const createInput = z.object({
    feature: z.intersection(
      z.object({
        name: z.string(),
        slug: z.string(),
        description: z.string().default(''),
        pricingModelId: z.string(),
        active: z.boolean().default(true),
      }),
      featureInput,
    ),
  })

  route('GET', '/features', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.features, query, presentFeature),
  )

  route('GET', '/features/:id', {}, ({ platform, params }) => ({
    feature: presentFeature(find(platform.books.features, params.id, 'Feature')),
  }))

  route('POST', '/features', { body: createInput }, ({ platform, now, body }) => {
    const { books, organizationId } = platform
    const { feature } = body
    find(books.pricingModels, feature.pricingModelId, 'Pricing Model')
    refuseTakenSlug(books.features.by('model', feature.pricingModelId), feature.slug, 'feature')
    if (feature.type === 'usage_credit_grant') find(books.usageMeters, feature.usageMeterId, 'UsageMeter')
    if (feature.type === 'resource') find(books.resources, feature.resourceId, 'Resource')
    const none = { amount: null, usageMeterId: null, renewalFrequency: null, resourceId: null }
    const stored: Feature = { ...newRecord('feature', now), organizationId, ...none, ...feature }
    return { feature: presentFeature(books.features.put(stored)) }
  })

  const changes = z.object({
    name: z.string().optional(),
    slug: z.string().optional(),
    description: z.string().optional(),
    amount: z.int().positive().optional(),
    active: z.boolean().optional(),
  })
  route(
    'PUT',
    '/features/:id',
    { body: z.object({ feature: changes }) },
    ({ platform, now, params, body }) => {
      const { books } = platform
      const feature = find(books.features, params.id, 'Feature')
      refuseTakenSlug(
        books.features.by('model', feature.pricingModelId),
        body.feature.slug,
        'feature',
        feature.id,
      )
      return {
        feature: presentFeature(
          books.features.patch(feature.id, { ...defined(body.feature), updatedAt: now }),
        ),
      }
    },
  )

  const linkInput = z.object({ productFeature: z.object({ productId: z.string(), featureId: z.string() }) })
  route('GET', '/product-features', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.productFeatures, query, (link) => link),
  )
  route('GET', '/product-features/:id', {}, ({ platform, params }) => ({
    productFeature: find(platform.books.productFeatures, params.id, 'ProductFeature'),
  }))
  route('POST', '/product-features', { body: linkInput }, ({ platform, now, body }) => {
    const { books } = platform
    const { productId, featureId } = body.productFeature
    const product = find(books.products, productId, 'Product')
    const links = books.productFeatures.by('product', productId).filter((link) => link.expiredAt === null)
    linkFeatures(platform, now, product, [...links.map((link) => link.featureId), featureId])
    return {
      productFeature: books.productFeatures.by('product', productId).find((l) => l.featureId === featureId),
    }
  })
  route('POST', '/product-features/:id/expire', {}, ({ platform, now, params }) => {
    const link = find(platform.books.productFeatures, params.id, 'ProductFeature')
    return {
      productFeature: platform.books.productFeatures.patch(link.id, { expiredAt: now, updatedAt: now }),
    }
  })
}
