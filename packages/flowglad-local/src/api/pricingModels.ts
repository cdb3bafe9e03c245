import type { Flowglad } from '@flowglad/node'
import { defaultPricingModel, type Platform } from '../platform.ts'
import { exportPricingModel } from '../pricing/exportPricingModel.ts'
import { installPricingModel } from '../pricing/installPricingModel.ts'
import { pricingSetup } from '../pricing/pricingSetup.ts'
import { notFound } from '../problems.ts'
import { listPage, listQuery } from './list.ts'
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

  route('GET', '/pricing-models', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.pricingModels, query, (model) => model),
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
}
