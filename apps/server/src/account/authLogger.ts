import type { BetterAuthOptions } from 'better-auth'
import { BetterAuthError } from 'better-auth'
import { isAPIError } from 'better-auth/api'
import type { FastifyBaseLogger } from 'fastify'

/**
 * Returns better-auth's logger, which writes to the server's log. A message such as `Invalid callbackURL: …`
 * ends with a value that a client sent, so the log contains only the words before this value. better-auth
 * reports invalid requests as errors, but this logger logs them as warnings.
 */
export const authLogger = (log: FastifyBaseLogger) =>
  ({
    level: 'error',
    log(level, message, ...details) {
      const err = details.find((detail) => detail instanceof Error)
      const failed = err && !(err instanceof BetterAuthError) && !isAPIError(err)
      log[level === 'error' && !failed ? 'warn' : level](
        err ? { err } : {},
        `better-auth: ${message.split(':')[0]}`,
      )
    },
  }) satisfies BetterAuthOptions['logger']
