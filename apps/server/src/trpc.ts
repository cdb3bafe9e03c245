import type { Billing } from '@metered/billing'
import { initTRPC, TRPCError } from '@trpc/server'
import { ZodError, z } from 'zod'
import type { User } from './account/auth.ts'
import type { OpenSession } from './account/authRoutes.ts'
import { EmailUnverifiedError } from './account/verification.ts'
import { databaseDenial, isUnavailable } from './database/unavailable.ts'
import { QueueFullError } from './limits/fairQueue.ts'
import { type RateLimit, RateLimitedError } from './limits/rateLimit.ts'
import type { meters } from './meters.ts'

export interface Context {
  /** Null if the request has no valid session. */
  user: User | null
  /** Null if the request has no valid session. */
  session: OpenSession | null
}

/** The context of a signed-in user's call. */
export interface SignedInContext {
  user: User
  session: OpenSession
}

export type AppBilling = Billing<typeof meters, SignedInContext>
export type Trpc = ReturnType<typeof createTrpc>

function messageOf(error: TRPCError): string {
  // Hide the details of internal errors, because the details don't help users and could help attackers.
  if (error.code === 'INTERNAL_SERVER_ERROR')
    return 'Something went wrong on our side. Try again in a moment.'
  return error.cause instanceof ZodError ? z.prettifyError(error.cause) : error.message
}

const retryAfterMsOf = (cause: unknown) =>
  cause instanceof RateLimitedError || cause instanceof QueueFullError ? cause.retryAfterMs : null

export const tooManyRequests = (cause: RateLimitedError) =>
  new TRPCError({ code: 'TOO_MANY_REQUESTS', message: cause.message, cause })

/** Converts an error for an unavailable database to a 503. Returns any other error unchanged. */
export const orServiceUnavailable = (error: unknown): unknown =>
  isUnavailable(error) ? unavailable(databaseDenial(error)) : error

const unavailable = (cause: Error) =>
  new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: cause.message, cause })

/** Creates the base procedures for the app's routers. */
export function createTrpc({ billing, rateLimit }: { billing: AppBilling; rateLimit: RateLimit }) {
  const t = initTRPC.context<Context>().create(
    billing.trpc.options({
      // Don't send stack traces to clients.
      isDev: false,
      sse: {
        ping: { enabled: true, intervalMs: 15_000 },
        client: { reconnectAfterInactivityMs: 40_000 },
      },
      errorFormatter: ({ shape, error }) => ({
        ...shape,
        message: messageOf(error),
        data: {
          ...shape.data,
          /** True if the call failed because the user hasn't confirmed the email address yet. */
          emailUnverified: error instanceof EmailUnverifiedError,
          retryAfterMs: retryAfterMsOf(error.cause),
        },
      }),
    }),
  )

  const publicProcedure = t.procedure.use(async ({ next }) => {
    const result = await next()
    // Return 503 if the database is unavailable, because a retry can succeed. Any other database error is a 500.
    if (!result.ok && isUnavailable(result.error)) throw orServiceUnavailable(result.error)
    return result
  })
  const protectedProcedure = publicProcedure
    .use(({ ctx, next }) => {
      if (!ctx.user || !ctx.session) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' })
      return next({ ctx: { user: ctx.user, session: ctx.session } })
    })
    // Apply the rate limit before metering, so that a call over the limit holds no units.
    .use(async ({ ctx, next }) => {
      try {
        await rateLimit(ctx.user.id)
      } catch (cause) {
        throw cause instanceof RateLimitedError ? tooManyRequests(cause) : cause
      }
      return next()
    })

  return {
    router: t.router,
    publicProcedure,
    protectedProcedure,
    metered: billing.trpc.metered,
    requireFeature: billing.trpc.requireFeature,
  }
}
