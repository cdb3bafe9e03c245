import type { FastifyReply } from 'fastify'
import type { DenialCode } from '../contract/denials.ts'
import { BillingError, InvalidAmountError, PlanChangeError } from '../contract/errors.ts'
import { withoutLedger } from '../ledger/onLedger.ts'

const statuses = {
  INSUFFICIENT_CREDITS: 402,
  NO_SUBSCRIPTION: 402,
  FEATURE_NOT_INCLUDED: 403,
  IN_PROGRESS: 409,
  KEY_REUSED: 409,
  ALREADY_COMPLETED: 409,
  KEY_REQUIRED: 400,
  KEY_INVALID: 400,
  BILLING_UNAVAILABLE: 503,
} as const satisfies Record<DenialCode, number>

export interface BillingErrorReply {
  status: number
  body: { error: string; message: string } & Record<string, unknown>
}

/**
 * How a plain HTTP route answers one of our errors; null for somebody else's. A customer without credits gets 402 and
 * `{ error: 'insufficient_credits', message, availableBalance, required, upgradeUrl }`.
 */
export function billingErrorReply(thrown: unknown): BillingErrorReply | null {
  const error = withoutLedger(thrown)
  if (error instanceof BillingError) {
    const { code, ...detail } = error.denial
    return { status: statuses[code], body: { error: code.toLowerCase(), message: error.message, ...detail } }
  }
  if (error instanceof InvalidAmountError) {
    return { status: 400, body: { error: 'invalid_amount', message: error.message } }
  }
  if (error instanceof PlanChangeError) {
    return { status: 400, body: { error: 'plan_change_refused', message: error.message } }
  }
  return null
}

/** For a Fastify error handler: `if (sendBillingError(error, reply)) return reply`. */
export function sendBillingError(error: unknown, reply: FastifyReply): boolean {
  const answer = billingErrorReply(error)
  if (!answer) return false
  const { retryAfterMs } = answer.body
  if (typeof retryAfterMs === 'number') reply.header('retry-after', Math.ceil(retryAfterMs / 1_000))
  reply.code(answer.status).send(answer.body)
  return true
}
