import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { defaultPricingModel, type Platform } from '../platform.ts'
import { exportPricingModel } from '../pricing/exportPricingModel.ts'
import { installPricingModel } from '../pricing/installPricingModel.ts'
import { pricingSetup } from '../pricing/pricingSetup.ts'
import { notFound, refused } from '../problems.ts'
import { defined } from './defined.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { pricingModelDetails } from './pricingModelDetails.ts'
import type { Route } from './route.ts'

function findPricingModel({ books }: Platform, id: string) {
  const model = books.pricingModels.find(id)
  if (!model) throw notFound(`Pricing Model not found with id: ${id}`)
  return model
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
        platform.books.pricingModels,
        query,
        (model) => model,
      ) satisfies PageOf<Flowglad.PricingModelListResponse>,
  )

  route(
    'GET',
    '/pricing-models/:id',
    {},
    ({ platform, params }) =>
      ({
        pricingModel: pricingModelDetails(platform, findPricingModel(platform, params.id ?? '')),
      }) satisfies Flowglad.PricingModelRetrieveResponse,
  )

  route('GET', '/pricing-models/:id/export', {}, ({ platform, params }) => {
    const model = findPricingModel(platform, params.id ?? '')
    return { pricingModel: exportPricingModel(platform, model), updatedAt: model.updatedAt }
  })

  route('POST', '/pricing-models/setup', { body: pricingSetup }, ({ platform, now, body }) => ({
    pricingModel: pricingModelDetails(platform, installPricingModel(platform, now, body)),
  }))

  const createInput = z.object({
    pricingModel: z.object({ name: z.string(), isDefault: z.boolean().default(false) }),
    defaultPlanIntervalUnit: z.enum(['day', 'week', 'month', 'year']).default('month'),
  })
  route('POST', '/pricing-models', { body: createInput }, ({ platform, now, body }) => {
    const setup = { ...body.pricingModel, features: [], products: [], usageMeters: [] }
    const model = installPricingModel(platform, now, setup)
    for (const price of platform.books.prices.by('model', model.id))
      platform.books.prices.patch(price.id, { intervalUnit: body.defaultPlanIntervalUnit })
    return { pricingModel: model } satisfies Flowglad.PricingModelCreateResponse
  })

  const updateInput = z.object({
    pricingModel: z.object({ name: z.string().optional(), isDefault: z.boolean().optional() }),
  })
  route('PUT', '/pricing-models/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { pricingModels } = platform.books
    const { id } = findPricingModel(platform, params.id ?? '')
    const { isDefault, name } = body.pricingModel
    if (isDefault === false && pricingModels.get(id).isDefault)
      throw refused('A default pricing model stays the default until another becomes it')
    if (isDefault)
      for (const other of pricingModels.all())
        if (other.isDefault && other.id !== id)
          pricingModels.patch(other.id, { isDefault: false, updatedAt: now })
    return {
      pricingModel: pricingModels.patch(id, { ...defined({ isDefault, name }), updatedAt: now }),
    } satisfies Flowglad.PricingModelUpdateResponse
  })

  const cloneInput = z.object({ name: z.string() })
  route('POST', '/pricing-models/:id/clone', { body: cloneInput }, ({ platform, now, params, body }) => {
    const source = exportPricingModel(platform, findPricingModel(platform, params.id ?? ''))
    const setup = pricingSetup.parse({ ...source, name: body.name, isDefault: false })
    return {
      pricingModel: pricingModelDetails(platform, installPricingModel(platform, now, setup)),
    } satisfies Flowglad.PricingModelCloneResponse
  })
}
