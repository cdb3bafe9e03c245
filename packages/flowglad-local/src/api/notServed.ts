import { notFound, notImplemented, Problem } from '../platform/problems.ts'
import type { Route } from './route.ts'

/** SDK or platform routes that this server doesn't implement. Keep the README's list in sync. */
const notImplementedRoutes = {
  '/catalogs': 'Flowglad has renamed catalogs to pricing models. Use /pricing-models.',
  '/api-keys': 'flowglad-local has one API key. Set it with --key at startup.',
} as const

/** Platform routes that always fail, because they have no procedure. */
const routesWithoutProcedure = [
  ['PUT', '/usage-events/:id', 'usageEvents.update'],
  ['PUT', '/product-features/:id', 'productFeatures.update'],
  ['GET', '/subscription-item-features', 'subscriptionItemFeatures.list'],
  ['POST', '/subscription-item-features/:id/expire', 'subscriptionItemFeatures.expire'],
] as const

/** Resources whose delete route always fails on the platform, because it has no procedure. */
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
 * Adds the routes that always return an error: the platform's error, or our own error if it is more helpful.
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
