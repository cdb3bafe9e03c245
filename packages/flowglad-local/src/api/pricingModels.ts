import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Platform } from '../platform/Platform.ts'
import { notFound, notImplemented, rejected, rejectedResult } from '../platform/problems.ts'
import { clonePricingModel } from '../pricing/clonePricingModel.ts'
import { exportPricingModel } from '../pricing/exportPricingModel.ts'
import { installPricingModel } from '../pricing/installPricingModel.ts'
import { pricingSetup } from '../pricing/pricingSetup.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { pricingModelDetails } from './pricingModelDetails.ts'
import type { Route } from './route.ts'

function findPricingModel({ db }: Platform, id: string) {
  const model = db.pricingModels.find(id)
  if (!model) throw rejectedResult('NotFoundError', `No pricing models found with id: ${id}`)
  return model
}

function defaultPricingModel({ db }: Platform) {
  for (const model of db.pricingModels.all()) if (model.isDefault) return model
  throw rejected('Default pricing model not found')
}

export function pricingModelRoutes(route: Route): void {
  route(
    'GET',
    '/pricing-models/default',
    {},
    ({ platform }) =>
      ({
        pricingModel: pricingModelDetails(platform, defaultPricingModel(platform)),
      }) satisfies Flowglad.PricingModelRetrieveResponse,
  )

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
    return {
      pricingModel: pricingModelDetails(platform, model),
    } satisfies Flowglad.PricingModelRetrieveResponse
  })

  route('GET', '/pricing-models/:id/export', {}, ({ platform, params }) => {
    const model = findPricingModel(platform, params.id ?? '')
    return { pricingModel: exportPricingModel(platform, model), updatedAt: model.updatedAt }
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
  // On the platform, the free plan is a single payment of 0 unless the caller specifies an interval.
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

  const updateInput = z.object({
    pricingModel: z.looseObject({
      name: z.string().min(1, 'Name is required'),
      isDefault: z.boolean().optional(),
    }),
  })
  route('PUT', '/pricing-models/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { pricingModels } = platform.db
    const { id } = findPricingModel(platform, params.id ?? '')
    const { isDefault, name } = body.pricingModel
    if (['features', 'products', 'usageMeters', 'resources'].some((part) => part in body.pricingModel))
      throw notImplemented(
        'Use the routes for features, products, usage meters and resources, or edit the pricing file.',
      )
    if (isDefault)
      for (const other of pricingModels.all())
        if (other.isDefault && other.id !== id)
          pricingModels.patch(other.id, { isDefault: false, updatedAt: now })
    return {
      pricingModel: pricingModels.patch(id, { ...defined({ isDefault, name }), updatedAt: now }),
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
    } satisfies Flowglad.PricingModelCloneResponse
  })
}
