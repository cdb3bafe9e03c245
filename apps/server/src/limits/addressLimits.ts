import type { FastifyRequest } from 'fastify'
import { createLimiter, type Limiter } from './limiter.ts'
import { limits } from './limits.ts'
import { networkOf } from './networkOf.ts'
import { RateLimitedError } from './rateLimit.ts'

/**
 * Counts requests per network. Each `count…` function throws a `RateLimitedError` after too many requests.
 */
export interface AddressLimits {
  /** Counts a request to `/api/auth`. `pathname` is the path that better-auth receives. */
  countAuth(request: FastifyRequest, pathname: string): void
  /** Counts calls that have no session. */
  countAnonymous(request: FastifyRequest, calls: number): void
  /** Counts a webhook. If the webhook's signature is valid, call `giveBackWebhook` to undo the count. */
  countWebhook(request: FastifyRequest): void
  giveBackWebhook(request: FastifyRequest): void
}

/** The path that reads a session. It isn't limited, because pages request it often and it causes little work. */
const sessionPath = '/api/auth/get-session'

export function createAddressLimits(): AddressLimits {
  const mails = createLimiter(limits.mailRequestsPerAddress)
  const signIns = createLimiter(limits.signInsPerAddress)
  const authLimiters = [
    { prefix: '/api/auth/sign-up/', limiter: createLimiter(limits.signUpsPerAddress) },
    { prefix: '/api/auth/sign-in/', limiter: signIns },
    { prefix: '/api/auth/change-password', limiter: signIns },
    { prefix: '/api/auth/verify-password', limiter: signIns },
    { prefix: '/api/auth/reset-password', limiter: signIns },
    { prefix: '/api/auth/send-verification-email', limiter: mails },
    { prefix: '/api/auth/request-password-reset', limiter: mails },
    { prefix: '', limiter: createLimiter(limits.authRequestsPerAddress) },
  ]
  const anonymous = createLimiter(limits.anonymousCallsPerAddress)
  const webhooks = createLimiter(limits.rejectedWebhooksPerAddress)

  return {
    countAuth(request, pathname) {
      if (pathname === sessionPath) return
      const limiter = authLimiters.find(({ prefix }) => pathname.startsWith(prefix))?.limiter
      if (limiter) count(limiter, request)
    },
    countAnonymous: (request, calls) => count(anonymous, request, calls),
    countWebhook: (request) => count(webhooks, request),
    giveBackWebhook: (request) => webhooks.giveBack(networkOfRequest(request)),
  }
}

/** Limits nothing. Used with `RATE_LIMIT=off`. */
export const noAddressLimits: AddressLimits = {
  countAuth() {},
  countAnonymous() {},
  countWebhook() {},
  giveBackWebhook() {},
}

function count(limiter: Limiter, request: FastifyRequest, calls = 1) {
  const waitMs = limiter.take(networkOfRequest(request), calls)
  if (waitMs > 0) throw new RateLimitedError(waitMs)
}

/**
 * Returns the network whose limits apply to the request. If a proxy doesn't send an IP address, returns the
 * proxy's own network.
 */
export const networkOfRequest = ({ ip, socket }: FastifyRequest) =>
  networkOf(ip) ?? networkOf(socket.remoteAddress ?? '') ?? 'unknown'
