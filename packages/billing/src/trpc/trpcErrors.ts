import type { TRPCError } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { withCauses } from '../contract/causes.ts'
import { denialStatuses } from '../contract/denialStatuses.ts'
import {
  BillingError,
  BudgetError,
  InvalidAmountError,
  PlanChangeError,
  SessionEndedError,
  StreamStoppedError,
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
  if (error instanceof PlanChangeError) {
    return convert(error.mayHaveCharged ? 'CONFLICT' : 'BAD_REQUEST', error)
  }
  if (error instanceof BudgetError) return convert(error.isForbidden ? 'FORBIDDEN' : 'BAD_REQUEST', error)
  if (error instanceof InvalidAmountError) return convert('BAD_REQUEST', error)
  if (error instanceof SessionEndedError) {
    return convert(error.reason === 'ended' ? 'UNAUTHORIZED' : 'SERVICE_UNAVAILABLE', error)
  }
  if (error instanceof StreamStoppedError) return convert('SERVICE_UNAVAILABLE', error)
  if (error instanceof UnserializableResultError) return convert('INTERNAL_SERVER_ERROR', error)
  return error
}

const isCode = (code: string): code is Code => Object.hasOwn(TRPC_ERROR_CODES_BY_KEY, code)

/**
 * Returns a denial's tRPC code. tRPC versions before 11.2 don't have the code `PAYMENT_REQUIRED`. With an
 * unknown code, tRPC would return 500, and its client would drop the error's data.
 */
function codeOf({ denial }: BillingError): Code {
  const { trpc } = denialStatuses[denial.code]
  return isCode(trpc) ? trpc : 'FORBIDDEN'
}

/** Returns the error data fields that describe a denial. */
export function denialData(error: TRPCError): { billing: BillingError['denial'] | null } {
  for (const cause of withCauses(error)) {
    // A failed plan change isn't a denial, even if its cause is one, because the plan may have changed. For
    // example, the change succeeded, but the balances couldn't be read afterwards.
    if (cause instanceof PlanChangeError) break
    if (!(cause instanceof BillingError)) continue
    const { denial } = cause
    const { trpc, http } = denialStatuses[denial.code]
    // The error's code is wrong in two cases. tRPC assigns INTERNAL_SERVER_ERROR to an error that it doesn't
    // recognize, such as a denial from `billing.meter`. Versions before 11.2 have no PAYMENT_REQUIRED. If the
    // app wraps the denial in its own error, the app chooses the code.
    const isWrong = error.cause === cause && (error.code === 'INTERNAL_SERVER_ERROR' || !isCode(trpc))
    return { billing: denial, ...(isWrong ? { code: trpc, httpStatus: http } : {}) }
  }
  return { billing: null }
}
