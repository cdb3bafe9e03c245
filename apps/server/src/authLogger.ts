import type { BetterAuthOptions } from 'better-auth'
import type { FastifyBaseLogger } from 'fastify'

/**
 * Returns better-auth's logger, which writes to the server's log. A message such as `Invalid callbackURL: …` ends
 * with a value that a client sent, so the log contains only the words before it.
 */
export const authLogger = (log: FastifyBaseLogger) =>
  ({
    level: 'error',
    log(level, message, ...details) {
      const err = details.find((detail) => detail instanceof Error)
      log[level](err ? { err } : {}, `better-auth: ${String(message).split(':')[0]}`)
    },
  }) satisfies BetterAuthOptions['logger']
