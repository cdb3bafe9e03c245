import type { FastifyServerOptions } from 'fastify'
import { limits } from '../limits/limits.ts'
import { answerClientError } from './answerClientError.ts'
import type { SlowClientLimits } from './slowClients.ts'

/** Returns Fastify's options that limit the size and the duration of requests. */
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
    // A client that treats this server as a proxy sends a full URL. Keep only the path, so that no route sees
    // another host.
    rewriteUrl: ({ url = '' }) => url.replace(/^https?:\/\/[^/?]*\/?/i, '/'),
  }) satisfies FastifyServerOptions & { http: object }
