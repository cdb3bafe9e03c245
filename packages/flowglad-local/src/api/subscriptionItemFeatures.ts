import { notFound, notImplemented } from '../problems.ts'
import type { Route } from './route.ts'
import { presentFeatureItem } from './subscriptionDetails.ts'

/** A feature that a subscription has, by itself. */
export function subscriptionItemFeatureRoutes(route: Route): void {
  route('GET', '/subscription-item-features/:id', {}, ({ platform, params }) => {
    const feature = platform.books.subscriptionFeatures.find(params.id ?? '')
    if (!feature) throw notFound(`subscriptionItemFeature with id ${params.id} not found.`)
    return { subscriptionItemFeature: presentFeatureItem(feature) }
  })

  for (const [method, path] of [
    ['GET', '/subscription-item-features'],
    ['POST', '/subscription-item-features'],
    ['PUT', '/subscription-item-features/:id'],
    ['POST', '/subscription-item-features/:id/expire'],
  ] as const)
    route(method, path, {}, () => {
      throw notImplemented('Features come with a plan here: they are not given to one subscription alone.')
    })
}
