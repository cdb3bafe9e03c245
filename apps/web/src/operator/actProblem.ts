import { TRPCClientError } from '@trpc/client'
import { isLost } from '../api/isLost.ts'

/** Explains why a change failed, and what to do next. */
export interface ActProblem {
  title: string
  detail: string
  isSignedOut: boolean
}

const once = 'Try again. The change is made only once.'

export function actProblem(error: unknown): ActProblem {
  const problem = (title: string, detail: string, isSignedOut = false) => ({ title, detail, isSignedOut })
  if (!navigator.onLine) return problem("Studio can't be reached", 'Try again when you are back online.')
  if (isLost(error)) return problem('The connection was lost before the response arrived', once)
  const status = error instanceof TRPCClientError ? error.data?.httpStatus : undefined
  switch (status) {
    case 401:
      return problem('Your session has ended', 'Sign in again to continue. Nothing was changed.', true)
    case 404:
      return problem("You're no longer an operator", 'Nothing was changed.')
    case 400:
      return problem('The server rejected this input', 'Check the reason and the units. Nothing was changed.')
    case 429:
      return problem('Too many requests', 'Wait a few seconds, then try again. Nothing was changed.')
    case 503:
      return problem("The ledger isn't responding right now", once)
    default:
      return problem('Something went wrong on our side', once)
  }
}
