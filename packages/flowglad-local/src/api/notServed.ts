import { notFound } from '../platform/problems.ts'
import type { Route } from './route.ts'

type Action = 'create' | 'list' | 'update' | 'delete'

const routeOf: Record<Action, readonly ['GET' | 'POST' | 'PUT' | 'DELETE', string]> = {
  list: ['GET', ''],
  create: ['POST', ''],
  update: ['PUT', '/:id'],
  delete: ['DELETE', '/:id'],
}

/**
 * The procedures that each resource's router lacks. The platform generates routes to create, read, list, update
 * and delete each resource, even without a procedure. A route without a procedure always fails.
 */
const missingProcedures: Record<string, readonly Action[]> = {
  customers: ['delete'],
  subscriptions: ['update', 'delete'],
  checkoutSessions: ['delete'],
  prices: ['delete'],
  invoices: ['create', 'update', 'delete'],
  invoiceLineItems: ['create', 'update', 'delete'],
  paymentMethods: ['create', 'update', 'delete'],
  payments: ['create', 'update', 'delete'],
  purchases: ['list', 'create', 'update', 'delete'],
  pricingModels: ['delete'],
  usageMeters: ['delete'],
  usageEvents: ['update', 'delete'],
  webhooks: ['list', 'delete'],
  features: ['delete'],
  productFeatures: ['update', 'delete'],
  resources: ['delete'],
  apiKeys: ['list', 'update'],
  subscriptionItemFeatures: ['list', 'delete'],
}

const kebabCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const noProcedure = (name: string) => () => {
  throw notFound(`No procedure found on path "${name}"`)
}

/** Adds the routes that always return an error, as on the platform. */
export function notServedRoutes(route: Route): void {
  for (const [router, actions] of Object.entries(missingProcedures))
    for (const action of actions) {
      const [method, suffix] = routeOf[action]
      route(method, `/${kebabCase(router)}${suffix}`, {}, noProcedure(`${router}.${action}`))
    }
  route('POST', '/subscription-item-features/:id/expire', {}, noProcedure('subscriptionItemFeatures.expire'))
}
