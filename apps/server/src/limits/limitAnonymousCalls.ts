import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Auth } from '../account/auth.ts'
import { type Session, sessionOf } from '../account/authRoutes.ts'
import type { AddressLimits } from './addressLimits.ts'

/**
 * Reads a request's session. If the request has no session, counts its calls (default 1), and rejects with a
 * `RateLimitedError` if the client's network has made too many calls.
 */
export type ReadSession = (request: FastifyRequest, calls?: number) => Promise<Session>

/** Returns a function that reads each request's session once. */
export function createReadSession(auth: Auth, addressLimits: AddressLimits): ReadSession {
  const sessions = new WeakMap<FastifyRequest, Promise<Session>>()

  async function read(request: FastifyRequest, calls: number) {
    const session = await sessionOf(auth, request)
    if (!session.user) addressLimits.countAnonymous(request, calls)
    return session
  }

  return (request, calls = 1) => {
    const session = sessions.get(request) ?? read(request, calls)
    sessions.set(request, session)
    return session
  }
}

/** Limits billing requests that have no session, and webhooks that have no valid signature. */
export function limitBillingRoutes(
  routes: FastifyInstance,
  { readSession, addressLimits }: { readSession: ReadSession; addressLimits: AddressLimits },
) {
  const isWebhook = ({ routeOptions }: FastifyRequest) => routeOptions.url?.startsWith('/api/webhooks/')

  routes.addHook('onRequest', async (request) => {
    if (isWebhook(request)) addressLimits.countWebhook(request)
    else if (request.routeOptions.url?.startsWith('/api/')) await readSession(request)
  })
  routes.addHook('onResponse', async (request, reply) => {
    if (isWebhook(request) && reply.statusCode < 400) addressLimits.giveBackWebhook(request)
  })
}
