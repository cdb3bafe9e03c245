import { TRPCError } from '@trpc/server'
import type { Denial, DenialCode } from '../contract/denials.ts'
import { BillingError, InvalidAmountError, PlanChangeError } from '../contract/errors.ts'
import { withoutLedger } from '../ledger/onLedger.ts'

const trpcCodes = {
  INSUFFICIENT_CREDITS: 'PAYMENT_REQUIRED',
  NO_SUBSCRIPTION: 'PAYMENT_REQUIRED',
  FEATURE_NOT_INCLUDED: 'FORBIDDEN',
  IN_PROGRESS: 'CONFLICT',
  KEY_REUSED: 'CONFLICT',
  ALREADY_COMPLETED: 'CONFLICT',
  KEY_REQUIRED: 'BAD_REQUEST',
  KEY_INVALID: 'BAD_REQUEST',
  BILLING_UNAVAILABLE: 'SERVICE_UNAVAILABLE',
} as const satisfies Record<DenialCode, TRPCError['code']>

/** Our errors under tRPC's codes; anything else as it is. */
export function toTrpcError(thrown: unknown): unknown {
  const error = withoutLedger(thrown)
  if (error instanceof BillingError) {
    return new TRPCError({ code: trpcCodes[error.denial.code], message: error.message, cause: error })
  }
  if (error instanceof InvalidAmountError || error instanceof PlanChangeError) {
    return new TRPCError({ code: 'BAD_REQUEST', message: error.message, cause: error })
  }
  return error
}

/** Runs `work` with our errors under tRPC's codes. */
export async function asTrpc<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toTrpcError(error)
  }
}

/** Spread into `data` by the app's `errorFormatter`: types and fills `error.data.billing`. */
export const formatErrorFor =
  <Meter extends string>() =>
  ({ error }: { error: TRPCError }): { billing: Denial<Meter> | null } => ({
    // The denial names meters that this billing reserved, so they are the app's own.
    billing: error.cause instanceof BillingError ? (error.cause.denial as Denial<Meter>) : null,
  })
