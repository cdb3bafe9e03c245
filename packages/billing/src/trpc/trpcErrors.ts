import { TRPCError } from '@trpc/server'
import { denialStatuses } from '../contract/denialStatuses.ts'
import type { Denial } from '../contract/denials.ts'
import { BillingError, InvalidAmountError, PlanChangeError } from '../contract/errors.ts'
import { withoutLedger } from '../ledger/onLedger.ts'

/** Our errors under tRPC's codes; anything else as it is. */
export function toTrpcError(thrown: unknown): unknown {
  const error = withoutLedger(thrown)
  if (error instanceof BillingError) {
    const code = denialStatuses[error.denial.code].trpc
    return new TRPCError({ code, message: error.message, cause: error })
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
