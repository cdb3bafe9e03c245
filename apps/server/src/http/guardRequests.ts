import type { FastifyInstance } from 'fastify'
import { answerConnect } from './answerClientError.ts'
import { allowedMethods, refusalOf } from './requestRules.ts'

/** Refuses requests that no route accepts, before their bodies arrive. */
export function guardRequests(app: FastifyInstance) {
  app.addHook('onRequest', async ({ raw }, reply) => {
    const refusal = refusalOf(raw)
    if (!refusal) return
    const { status, ...body } = refusal
    if (status === 405) reply.header('allow', allowedMethods)
    return reply.code(status).send(body)
  })
  // If a body is too large, Fastify closes the connection, so a client that is still sending would see a
  // reset instead of the response. Without the `connection` header, Node discards the rest of the body and
  // keeps the connection open.
  app.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode === 413) reply.removeHeader('connection')
  })
  // Handle CONNECT here, because Node doesn't pass it to Fastify.
  app.server.on('connect', answerConnect)
}
