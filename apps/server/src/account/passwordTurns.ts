import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOfRequest } from '../limits/addressLimits.ts'
import { createFairQueue, type FairQueueSettings, QueueFullError } from '../limits/fairQueue.ts'
import { limits } from '../limits/limits.ts'

/** The paths of the requests that can hash a password. */
const hashing = /^\/api\/auth\/(sign-(up|in)\/|(change|verify|reset)-password|delete-user)/

/**
 * Runs `work`. If the request can hash a password, first waits for the network's turn. Returns a 503 if too
 * many requests are waiting or the wait is too long.
 */
type TakeTurn = (
  call: { request: FastifyRequest; reply: FastifyReply; pathname: string },
  work: () => Promise<Response>,
) => Promise<Response>

/**
 * Makes networks take turns with requests that hash passwords, so that one network can't block another. A hash
 * occupies one of Node's four threads, which also read files and look up host names. At least one thread always
 * stays free to read files and look up host names. A turn ends before the response is sent, so a client that
 * doesn't read the response can't block the queue.
 */
export function createPasswordTurns(settings: FairQueueSettings = limits.passwordTurns): TakeTurn {
  const queue = createFairQueue(settings)
  return async ({ request, reply, pathname }, work) => {
    if (!hashing.test(pathname)) return work()
    const leaving = new AbortController()
    reply.raw.once('close', () => leaving.abort())
    try {
      return await queue.run({ customer: networkOfRequest(request), signal: leaving.signal }, work)
    } catch (error) {
      if (error instanceof QueueFullError) return busy(error)
      // A client that has disconnected receives no response.
      if (leaving.signal.aborted && error === leaving.signal.reason) return new Response(null)
      throw error
    }
  }
}

const busy = ({ retryAfterMs }: QueueFullError) =>
  Response.json(
    { code: 'BUSY', message: 'The server is busy. Try again in a few seconds.', retryAfterMs },
    { status: 503, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) } },
  )
