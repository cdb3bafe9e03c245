import type { FastifyInstance } from 'fastify'
import type { AppBilling } from '../trpc.ts'

/**
 * Refuses requests from pages on foreign origins, because browsers send the visitor's cookies with such requests.
 * Allows GET and HEAD requests, so that links on other sites work. The check runs before the body is read, so
 * the content type doesn't matter.
 */
export function refuseForeignOrigins(app: FastifyInstance, billing: AppBilling) {
  app.addHook('onRequest', async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') billing.assertTrustedOrigin(request)
  })
}
