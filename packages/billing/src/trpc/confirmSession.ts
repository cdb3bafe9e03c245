import type { SessionChecks } from '../sessions/sessionChecks.ts'
import { billingRequestOf, type MiddlewareCall } from './billingRequest.ts'

/**
 * Throws a `SessionEndedError` if the call came over a WebSocket whose session has ended. A WebSocket's
 * context is created when the WebSocket connects, which can be long before the call.
 */
export function confirmSession(
  sessions: SessionChecks,
  call: MiddlewareCall & { ctx: object },
  customer: string,
): Promise<void> {
  const request = billingRequestOf(call.ctx)
  return request?.isOverSocket(call) ? sessions.confirm(call.ctx, customer, request) : Promise.resolve()
}
