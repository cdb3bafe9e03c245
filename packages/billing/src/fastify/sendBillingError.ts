import type { FastifyReply } from 'fastify'
import { billingErrorReply } from '../http/billingErrorReply.ts'

/**
 * Sends the response for one of this package's errors, and returns true. For any other error, sends nothing
 * and returns false.
 *
 *     app.setErrorHandler((error, request, reply) => {
 *       if (sendBillingError(error, reply)) return reply
 *       …
 *     })
 */
export function sendBillingError(error: unknown, reply: FastifyReply): boolean {
  const answer = billingErrorReply(error)
  if (!answer) return false
  const { retryAfterMs } = answer.body
  if (typeof retryAfterMs === 'number') reply.header('retry-after', Math.ceil(retryAfterMs / 1_000))
  reply.code(answer.status).send(answer.body)
  return true
}
