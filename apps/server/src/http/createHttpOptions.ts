import type { FastifyServerOptions } from 'fastify'
import { limits } from '../limits/limits.ts'
import { answerClientError } from './answerClientError.ts'
import type { SlowClientLimits } from './slowClients.ts'

/** Returns Fastify's options for the HTTP server: limits for the size and the duration of requests. */
export const createHttpOptions = ({ headersMs, requestMs, checkMs, idleMs }: SlowClientLimits) =>
  ({
    bodyLimit: limits.bodyBytes,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: headersMs,
      connectionsCheckingInterval: checkMs,
    },
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    clientErrorHandler: answerClientError,
    // A request to a proxy contains a whole URL. Only its path counts, so that no route reads another host.
    rewriteUrl: ({ url = '' }) => url.replace(/^https?:\/\/[^/?]*\/?/i, '/'),
  }) satisfies FastifyServerOptions & { http: object }
