import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Billing } from '../billing.ts'
import type { Customer } from '../customer.ts'
import { WebhookVerificationError } from '../flowglad/webhook.ts'
import { flowgladRoutes } from './flowgladRoutes.ts'

export interface BillingRoutesOptions {
  billing: Pick<Billing, 'health' | 'handleWebhook' | 'internals'>
  /** Who is signed in; null for nobody. */
  customer: (request: FastifyRequest) => Promise<Customer | null> | Customer | null
  /** Asked before each action of `/api/flowglad/*`, reading included; what it answers is refused with 429 and `retry-after`. Default: no limit. */
  limit?: (customer: Customer) => Promise<Limited | null>
}

/** How long until the customer may ask again, in milliseconds. */
export interface Limited {
  retryAfterMs: number
}

/**
 * A Fastify plugin: `/api/flowglad/*` for `@flowglad/react`, Flowglad's webhook at `/api/webhooks/flowglad`, `/healthz` and `/readyz`.
 *
 *     await app.register(billingRoutes, { billing, customer: (request) => sessionOf(request)?.user ?? null })
 */
export async function billingRoutes(app: FastifyInstance, { billing, ...who }: BillingRoutesOptions) {
  await app.register(flowgladRoutes, { billing, ...who, prefix: '/api/flowglad' })

  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const health = await billing.health()
    return reply.code(health.status === 'unavailable' ? 503 : 200).send(health)
  })

  await app.register(async (webhooks) => {
    // The signature is over the bytes as they came.
    webhooks.removeAllContentTypeParsers()
    webhooks.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 256 * 1024 }, (_request, body, done) =>
      done(null, body),
    )
    webhooks.post('/api/webhooks/flowglad', async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      try {
        await billing.handleWebhook(body, request.headers)
      } catch (error) {
        if (!(error instanceof WebhookVerificationError) && !(error instanceof SyntaxError)) throw error
        return reply.code(400).send({ error: 'invalid_webhook', message: error.message })
      }
      return { received: true }
    })
  })
}
