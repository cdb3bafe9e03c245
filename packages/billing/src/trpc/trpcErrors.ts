import { TRPCError } from '@trpc/server'
import { denialStatuses } from '../contract/denialStatuses.ts'
import type { Denial } from '../contract/denials.ts'
import {
  BillingError,
  InvalidAmountError,
  InvalidInputError,
  PlanChangeError,
  UnserializableResultError,
} from '../contract/errors.ts'
import { withoutLedger } from '../ledger/onLedger.ts'

/** Converts this package's errors to TRPCErrors. Returns any other error unchanged. */
export function toTrpcError(thrown: unknown): unknown {
  const error = withoutLedger(thrown)
  if (error instanceof BillingError) return trpcError(denialStatuses[error.denial.code].trpc, error)
  if (
    error instanceof InvalidAmountError ||
    error instanceof InvalidInputError ||
    error instanceof PlanChangeError
  ) {
    return trpcError('BAD_REQUEST', error)
  }
  if (error instanceof UnserializableResultError) return trpcError('INTERNAL_SERVER_ERROR', error)
  return error
}

const trpcError = (code: TRPCError['code'], cause: Error) =>
  new TRPCError({ code, message: cause.message, cause })

/** Runs `work` and converts this package's errors to TRPCErrors. */
export async function asTrpc<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toTrpcError(error)
  }
}

/**
 * Creates `formatError`. The app's `errorFormatter` spreads the result of `formatError` into `data`, which
 * fills and types `error.data.billing`.
 */
export const formatErrorFor =
  <Meter extends string>() =>
  ({ error }: { error: TRPCError }): { billing: Denial<Meter> | null } => ({
    // The cast is safe, because a denial names only meters that the app defined.
    billing: error.cause instanceof BillingError ? (error.cause.denial as Denial<Meter>) : null,
  })
