import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AdapterOptions, BillingHttp } from '../http/caller.ts'
import { flowgladPrefix, healthPath, readinessPath, webhookPath } from '../http/paths.ts'
import { maxBodyBytes } from '../http/readBody.ts'
import { toRequest } from '../http/toRequest.ts'

export interface BillingRoutesOptions extends AdapterOptions<FastifyRequest> {
  billing: BillingHttp
}

/**
 * Registers `/api/flowglad/*` for `@flowglad/react`, Flowglad's webhook at `/api/webhooks/flowglad`,
 * `/healthz` and `/readyz`.
 *
 *     await app.register(billingRoutes, { billing, customer: (request) => sessionOf(request)?.user ?? null })
 */
export async function billingRoutes(
  app: FastifyInstance,
  { billing, customer, limit }: BillingRoutesOptions,
): Promise<void> {
  // The webhook's signature covers the raw bytes, so this plugin doesn't parse bodies.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_request, body, done) =>
    done(null, body),
  )

  async function answer(request: FastifyRequest, reply: FastifyReply) {
    const { method, url, headers, body } = request
    const standard = await toRequest({
      method,
      url: url.slice(app.prefix.length),
      headers,
      body: () => (Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.alloc(0)),
    })
    const response =
      standard && (await billing.handle(standard, { customer: () => customer(request), limit }))
    if (!response) return reply.callNotFound()
    return reply
      .code(response.status)
      .headers(Object.fromEntries(response.headers))
      .send(await response.text())
  }

  for (const url of [healthPath, readinessPath, webhookPath, `${flowgladPrefix}*`]) {
    app.route({ method: ['GET', 'POST'], url, handler: answer })
  }
}
