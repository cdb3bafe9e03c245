import { notFound, notImplemented, Problem } from '../platform/problems.ts'
import type { Route } from './route.ts'

/** What the SDK or the platform has and this server does not. The README's table says the same. */
const leftOut = {
  '/catalogs': 'Catalogs are called pricing models now, and the platform has none: ask for /pricing-models.',
  '/api-keys': 'flowglad-local has one API key, which it was started with (--key).',
} as const

/** What the platform has an address for and nothing behind it. */
const noProcedures = [
  ['PUT', '/usage-events/:id', 'usageEvents.update'],
  ['PUT', '/product-features/:id', 'productFeatures.update'],
  ['GET', '/subscription-item-features', 'subscriptionItemFeatures.list'],
  ['POST', '/subscription-item-features/:id/expire', 'subscriptionItemFeatures.expire'],
] as const

/** Nothing can be deleted, though the platform has an address for it. */
const undeletable = {
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

/** Calls that say no more than that they are not served: in the platform's words, or in ours where those would not help. */
export function notServedRoutes(route: Route): void {
  for (const [method, path, procedure] of noProcedures)
    route(method, path, {}, () => {
      throw noProcedure(procedure)
    })
  for (const [resource, router] of Object.entries(undeletable))
    route('DELETE', `/${resource}/:id`, {}, ({ contentType }) => {
      if (contentType === undefined)
        throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Missing content-type header')
      throw noProcedure(`${router}.delete`)
    })
  for (const [path, sentence] of Object.entries(leftOut))
    for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const)
      for (const url of [path, `${path}/*`])
        route(method, url, {}, () => {
          throw notImplemented(sentence)
        })
}
