import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { PricingModel } from '../database/records/pricing.ts'
import type { Platform } from '../platform/Platform.ts'
import { notFound, notImplemented, rejected, rejectedResult } from '../platform/problems.ts'
import { clonePricingModel } from '../pricing/clonePricingModel.ts'
import { exportPricingModel } from '../pricing/exportPricingModel.ts'
import { clearDefaultModel, installPricingModel } from '../pricing/installPricingModel.ts'
import { pricingParts, pricingSetup } from '../pricing/pricingSetup.ts'
import { updatePricingModel } from '../pricing/updatePricingModel.ts'
import { label } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { pricingModelDetails } from './pricingModelDetails.ts'
import type { Route } from './route.ts'

function defaultPricingModel({ db }: Platform) {
  for (const model of db.pricingModels.all()) if (model.isDefault) return model
  throw rejected('Default pricing model not found')
}

/** Returns whether the model belongs to the API key. A key can read only its own model's parts. */
const isVisible = (platform: Platform, { id }: PricingModel) => id === platform.pricingModelId

const noParts = { features: [], products: [], usageMeters: [], resources: [] }

const visibleDetails = (platform: Platform, model: PricingModel) =>
  isVisible(platform, model)
    ? pricingModelDetails(platform, model)
    : { ...model, products: [], usageMeters: [], defaultProduct: null }

/** Replaces undefined fields with null, as in the platform's responses. */
const withNulls = (value: object): unknown =>
  JSON.parse(JSON.stringify(value, (_, field: unknown) => (field === undefined ? null : field)))

const partNames = ['features', 'products', 'usageMeters', 'resources'] as const

const updateInput = z.object({
  pricingModel: z
    .object({
      isDefault: z.boolean().optional(),
      id: z.string(),
      name: label,
      features: pricingParts.features.optional(),
      products: pricingParts.products.optional(),
      usageMeters: pricingParts.usageMeters.optional(),
      resources: pricingParts.resources,
    })
    .superRefine((model, context) => {
      const absent = partNames.filter((part) => model[part] === undefined)
      if (absent.length === 0 || absent.length === partNames.length) return
      context.addIssue({
        code: 'custom',
        message: `Full structure update requires all structure fields to be provided. Missing: ${absent.join(', ')}. For metadata-only updates, omit all structure fields.`,
      })
    }),
})

export function pricingModelRoutes(route: Route): void {
  route('GET', '/pricing-models/default', {}, ({ platform }) => ({
    pricingModel: visibleDetails(platform, defaultPricingModel(platform)),
  }))

  route(
    'GET',
    '/pricing-models',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.db.pricingModels,
        query,
        (model) => model,
      ) satisfies PageOf<Flowglad.PricingModelListResponse>,
  )

  route('GET', '/pricing-models/:id', {}, ({ platform, params }) => {
    const model = platform.db.pricingModels.find(params.id ?? '')
    if (!model) throw rejected(`Pricing Model ${params.id} not found`)
    return { pricingModel: visibleDetails(platform, model) }
  })

  route('GET', '/pricing-models/:id/export', {}, ({ platform, params }) => {
    const model = platform.db.pricingModels.find(params.id ?? '')
    if (!model) throw notFound(`Pricing model ${params.id} not found`)
    const parts = isVisible(platform, model) ? exportPricingModel(platform, model) : { ...model, ...noParts }
    const { name, isDefault, features, products, usageMeters, resources } = parts
    return {
      pricingModel: withNulls({ name, isDefault, features, products, usageMeters, resources }),
      updatedAt: model.updatedAt,
    }
  })

  route('POST', '/pricing-models/setup', { body: pricingSetup }, ({ platform, now, body }) => ({
    pricingModel: pricingModelDetails(platform, installPricingModel(platform, now, body)),
  }))

  const createInput = z.object({
    pricingModel: z.object({
      name: z.string().min(1, 'Name is required'),
      isDefault: z.boolean().default(false),
    }),
    defaultPlanIntervalUnit: z.enum(['day', 'week', 'month', 'year']).optional(),
  })
  // On the platform, a new model's free plan has a one-time price of 0 unless the request specifies an
  // interval.
  route('POST', '/pricing-models', { body: createInput }, ({ platform, now, body }) => {
    const { products, prices } = platform.db
    const setup = { ...body.pricingModel, features: [], products: [], usageMeters: [] }
    const model = installPricingModel(platform, now, setup)
    const intervalUnit = body.defaultPlanIntervalUnit
    const renewal = intervalUnit
      ? { intervalUnit }
      : { type: 'single_payment' as const, intervalUnit: null, intervalCount: null }
    for (const product of products.by('model', model.id))
      products.patch(product.id, { description: 'Default plan' })
    for (const price of prices.by('model', model.id)) prices.patch(price.id, renewal)
    return { pricingModel: model } satisfies Flowglad.PricingModelCreateResponse
  })

  route('PUT', '/pricing-models/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { pricingModels } = platform.db
    const { name, isDefault, features, products, usageMeters, resources } = body.pricingModel
    const model = pricingModels.find(params.id ?? '')
    // `updateInput` has checked that the body has either all parts or none.
    if (features && products && usageMeters && resources) {
      if (!model)
        throw notFound(
          'The pricing model you are trying to update either does not exist or you do not have permission to update it.',
        )
      const setup = { name, isDefault: isDefault ?? false, features, products, usageMeters, resources }
      return {
        pricingModel: updatePricingModel(platform, now, model, setup),
      } satisfies Flowglad.PricingModelUpdateResponse
    }
    const missing = `No pricing models found with id: ${params.id}`
    if (!model) throw isDefault ? rejectedResult('NotFoundError', missing) : rejected(missing)
    if (isDefault) clearDefaultModel(platform, now)
    return {
      pricingModel: pricingModels.patch(model.id, { ...defined({ isDefault, name }), updatedAt: now }),
    } satisfies Flowglad.PricingModelUpdateResponse
  })

  const cloneInput = z.object({
    name: z.string(),
    destinationEnvironment: z.enum(['livemode', 'testmode']).optional(),
  })
  route('POST', '/pricing-models/:id/clone', { body: cloneInput }, ({ platform, now, params, body }) => {
    const original = platform.db.pricingModels.find(params.id ?? '')
    if (!original)
      throw notFound(
        'The pricing model you are trying to clone either does not exist or you do not have permission to clone it.',
      )
    if (body.destinationEnvironment === 'livemode')
      throw notImplemented('flowglad-local has no live mode. Set destinationEnvironment to testmode.')
    return {
      pricingModel: pricingModelDetails(platform, clonePricingModel(platform, now, original, body.name)),
    }
  })
}
