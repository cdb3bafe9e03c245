import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { assertNoOutage } from '../database/unavailable.ts'
import type { AddressLimits } from '../limits/addressLimits.ts'
import { clientAddressHeader } from '../limits/clientAddress.ts'
import { limits } from '../limits/limits.ts'
import type { Auth, User } from './auth.ts'
import { createPasswordTurns } from './passwordTurns.ts'
import { receivedAtHeader } from './receivedAt.ts'
import { awaitsVerification } from './verification.ts'

/** Mounts better-auth's own routes. */
export async function authRoutes(
  app: FastifyInstance,
  { auth, publicUrl, addressLimits }: { auth: Auth; publicUrl: string; addressLimits: AddressLimits },
) {
  const takeTurn = createPasswordTurns()
  // Pass bodies on as text, because better-auth parses them.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/api/auth/*',
    bodyLimit: limits.authBodyBytes,
    async handler(request, reply) {
      const { pathname, search } = new URL(request.url, publicUrl)
      addressLimits.countAuth(request, pathname)
      const hasBody = request.method === 'POST' && typeof request.body === 'string'
      const sent = new Request(new URL(pathname + search, publicUrl), {
        // Treat HEAD as GET. Node sends only the headers of the response.
        method: request.method === 'HEAD' ? 'GET' : request.method,
        headers: headersOf(request),
        ...(hasBody ? { body: String(request.body) } : {}),
      })
      const answer = () => assertNoOutage(() => auth.handler(sent))
      return reply.send(await takeTurn({ request, reply, pathname }, answer))
    },
  })
}

/**
 * The session of a request. Most requests read the session from the cookie, so the session may already have
 * ended, at most `limits.sessionCacheMs` ago.
 */
export interface OpenSession {
  id: string
  /** The time at which the sign-in request arrived. */
  createdAt: Date
  /**
   * Reads the session's user from the database. Returns null if the session has ended. Rejects if the
   * database is unavailable.
   */
  readUser(): Promise<User | null>
}

export interface Session {
  /** Null if the request has no valid session. */
  user: User | null
  /** Null if the request has no valid session. */
  session: OpenSession | null
  /** The `Set-Cookie` headers that renew the session's cached copy in the browser. */
  cookies: string[]
}

/**
 * Returns the request's session. If the database is unavailable, rejects with an error that `isUnavailable`
 * recognizes.
 */
export async function sessionOf(auth: Auth, request: FastifyRequest): Promise<Session> {
  if (!request.headers.cookie) return { user: null, session: null, cookies: [] }
  const session = await readSession(auth, request, {})
  // Read the database, because the user may have verified the email address in another browser since this
  // browser cached the session.
  return session.user && awaitsVerification(session.user)
    ? readSession(auth, request, { disableCookieCache: true })
    : session
}

async function readSession(auth: Auth, request: FastifyRequest, query: { disableCookieCache?: boolean }) {
  const sent = headersOf(request)
  const { headers, response } = await auth.api.getSession({ headers: sent, query, returnHeaders: true })
  const readUser = async () => {
    const query = { disableCookieCache: true, disableRefresh: true }
    return (await auth.api.getSession({ headers: sent, query }))?.user ?? null
  }
  return {
    user: response?.user ?? null,
    session: response && { id: response.session.id, createdAt: response.session.createdAt, readUser },
    cookies: headers.getSetCookie(),
  }
}

function headersOf(request: FastifyRequest): Headers {
  const headers = fromNodeHeaders(request.headers)
  headers.set(clientAddressHeader, request.ip)
  headers.set(receivedAtHeader, new Date().toISOString())
  return headers
}
