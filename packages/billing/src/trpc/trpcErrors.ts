import type { TRPCError } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { denialStatuses } from '../contract/denialStatuses.ts'
import {
  BillingError,
  InvalidAmountError,
  InvalidInputError,
  PlanChangeError,
  UnserializableResultError,
} from '../contract/errors.ts'
import { withoutLedger } from '../ledger/onLedger.ts'

type Code = TRPCError['code']

/**
 * Converts this package's errors to instances of `ErrorClass`, the app's `TRPCError`. Returns any other error
 * unchanged.
 */
export function toTrpcError(thrown: unknown, ErrorClass: typeof TRPCError): unknown {
  const error = withoutLedger(thrown)
  const convert = (code: Code, cause: Error) => new ErrorClass({ code, message: cause.message, cause })
  if (error instanceof BillingError) return convert(codeOf(error), error)
  if (
    error instanceof InvalidAmountError ||
    error instanceof InvalidInputError ||
    error instanceof PlanChangeError
  ) {
    return convert('BAD_REQUEST', error)
  }
  if (error instanceof UnserializableResultError) return convert('INTERNAL_SERVER_ERROR', error)
  return error
}

const isCode = (code: string): code is Code => Object.hasOwn(TRPC_ERROR_CODES_BY_KEY, code)

/**
 * Returns a denial's tRPC code. Before version 11.2, tRPC has no `PAYMENT_REQUIRED`. With an unknown code,
 * tRPC would answer 500, and its client would drop the error's data.
 */
function codeOf({ denial }: BillingError): Code {
  const { trpc } = denialStatuses[denial.code]
  return isCode(trpc) ? trpc : 'FORBIDDEN'
}

/** Returns the fields of the error's data that describe a denial. */
export function denialData(error: TRPCError): { billing: BillingError['denial'] | null } {
  if (!(error.cause instanceof BillingError)) return { billing: null }
  const { denial } = error.cause
  const { trpc, http } = denialStatuses[denial.code]
  // Override the fallback, so that the client gets the same code and status from each version of tRPC.
  return { billing: denial, ...(isCode(trpc) ? {} : { code: trpc, httpStatus: http }) }
}
