import type { FastifyInstance } from 'fastify'
import { flowgladRoutes } from '../http/flowgladRoutes.ts'
import { WebhookVerificationError } from '../http/webhook.ts'
import type { BillingRoutesOptions } from './billingRoutesOptions.ts'

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
