import { notFound, notImplemented, Problem } from '../platform/problems.ts'
import type { Route } from './route.ts'

/** Routes of the SDK or the platform that this server doesn't implement. Keep the list in the README in sync. */
const notImplementedRoutes = {
  '/catalogs': 'Flowglad has renamed catalogs to pricing models. Use /pricing-models.',
  '/api-keys': 'flowglad-local has one API key. Set it with --key at startup.',
} as const

/** Routes that exist on the platform but have no procedure. */
const routesWithoutProcedure = [
  ['PUT', '/usage-events/:id', 'usageEvents.update'],
  ['PUT', '/product-features/:id', 'productFeatures.update'],
  ['GET', '/subscription-item-features', 'subscriptionItemFeatures.list'],
  ['POST', '/subscription-item-features/:id/expire', 'subscriptionItemFeatures.expire'],
] as const

/** Resources that have a delete route on the platform but no procedure. */
const undeletableRoutes = {
  customers: 'customers',
  subscriptions: 'subscriptions',
  'checkout-sessions': 'checkoutSessions',
  prices: 'prices',
  'pricing-models': 'pricingModels',
  'usage-meters': 'usageMeters',
  'usage-events': 'usageEvents',
  features: 'features',
  'product-features': 'productFeatures',
  'subscription-item-features': 'subscriptionItemFeatures',
  resources: 'resources',
} as const

const noProcedure = (name: string) => notFound(`No procedure found on path "${name}"`)

/**
 * Adds the routes that only return an error. They return the platform's error, or our own if it is more
 * helpful.
 */
export function notServedRoutes(route: Route): void {
  for (const [method, path, procedure] of routesWithoutProcedure)
    route(method, path, {}, () => {
      throw noProcedure(procedure)
    })
  for (const [resource, router] of Object.entries(undeletableRoutes))
    route('DELETE', `/${resource}/:id`, {}, ({ contentType }) => {
      if (contentType === undefined)
        throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Missing content-type header')
      throw noProcedure(`${router}.delete`)
    })
  for (const [path, sentence] of Object.entries(notImplementedRoutes))
    for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const)
      for (const url of [path, `${path}/*`])
        route(method, url, {}, () => {
          throw notImplemented(sentence)
        })
}
