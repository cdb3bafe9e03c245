import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOfRequest } from '../limits/addressLimits.ts'
import { createFairQueue, type FairQueueSettings, QueueFullError } from '../limits/fairQueue.ts'
import { limits } from '../limits/limits.ts'

/** The paths of the requests that can hash a password. */
const hashing = /^\/api\/auth\/(sign-(up|in)\/|(change|verify|reset)-password|delete-user)/

/**
 * Runs `work` at once if the request can't hash a password, otherwise when it's the turn of its network. Answers
 * 503 if too many requests wait.
 */
type TakeTurn = (
  call: { request: FastifyRequest; reply: FastifyReply; pathname: string },
  work: () => Promise<FastifyReply>,
) => Promise<FastifyReply>

/**
 * Lets networks take turns at requests that hash passwords. A hash occupies one of Node's four threads, which also
 * read files and look up host names. At least one thread stays free for them, and one network can't delay another.
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
      if (error instanceof QueueFullError) {
        const { retryAfterMs } = error
        reply.code(503).header('retry-after', Math.ceil(retryAfterMs / 1_000))
        const message = 'The server is busy. Try again in a few seconds.'
        return reply.send({ code: 'BUSY', message, retryAfterMs })
      }
      if (leaving.signal.aborted && error === leaving.signal.reason) return reply
      throw error
    }
  }
}
