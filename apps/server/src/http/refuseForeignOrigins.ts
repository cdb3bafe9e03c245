import type { FastifyInstance } from 'fastify'
import type { AppBilling } from '../trpc.ts'

/**
 * Refuses requests that could change state and come from a page on a foreign origin. Browsers send the
 * visitor's cookies with such requests. The check runs before the body is read, so the content type doesn't
 * matter.
 */
export function refuseForeignOrigins(app: FastifyInstance, billing: AppBilling) {
  app.addHook('onRequest', async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') billing.assertTrustedOrigin(request)
  })
}
