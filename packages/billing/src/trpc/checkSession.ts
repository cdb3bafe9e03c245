import type { Customer } from '../contract/customer.ts'
import { followOutput } from '../metering/followOutput.ts'
import { endOf } from '../metering/transport.ts'
import { billingRequestOf } from './billingRequest.ts'
import { confirmSession } from './confirmSession.ts'
import type { MiddlewareFunction } from './coreTypes.ts'
import type { MeteringParts } from './meteredMiddleware.ts'

/**
 * Creates the middleware that checks the sessions of procedures that aren't metered. The middleware checks a
 * session before a call over a WebSocket, and while a stream is read.
 */
export function checkSession<Ctx extends object, Input>(
  { app, sessions, clock }: Pick<MeteringParts, 'app' | 'sessions' | 'clock'>,
  readCustomer: (ctx: object) => Customer,
): MiddlewareFunction<Ctx, unknown, object, object, Input> {
  return async ({ ctx, getRawInput, signal, type, next }) => {
    const isSubscription = type === 'subscription'
    const call = { ctx, getRawInput, signal, isSubscription }
    const customer = await app.run(async () => {
      const { id } = readCustomer(ctx)
      await confirmSession(sessions, call, id)
      return id
    })
    const result = await next({ ctx: {} })
    const transport = billingRequestOf(ctx)?.transportOf(call) ?? null
    if (!result.ok || endOf({ transport, isSubscription }, result.data) !== 'later') return result
    const followed = {
      transport,
      isSubscription,
      signal,
      toError: app.toError,
      watchSession: (end: (error: unknown) => void) => sessions.watch(ctx, customer, end),
    }
    return { ...result, data: followOutput(followed, result.data, { clock, mustBeSendable: false }) }
  }
}
