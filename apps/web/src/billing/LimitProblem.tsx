import { billingDenial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { isLost } from '../api/isLost.ts'
import { isUnsent } from '../api/offlineLink.ts'
import { explainDenial } from '../denials/explainDenial.ts'
import { SignInAgain } from '../denials/SignInAgain.tsx'
import { plural } from '../format/format.ts'
import classes from './SpendLimits.module.css'

/** Explains why a spend limit couldn't be set or removed. */
export function LimitProblem({ error }: { error: object }) {
  const isSignedOut = error instanceof TRPCClientError && error.data?.httpStatus === 401
  return (
    <div role="alert" className={classes.problem}>
      {limitProblem(error)}
      {isSignedOut && <SignInAgain />}
    </div>
  )
}

const unchanged = 'Your limits are unchanged.'

export function limitProblem(error: object): string {
  if (billingDenial(error)?.code === 'BILLING_UNAVAILABLE')
    return `Billing is temporarily unavailable. ${unchanged} Try again in a minute.`
  // A notice at the top of the screen says that the browser is offline, so don't repeat it.
  if (isUnsent(error)) return `Studio can't be reached. ${unchanged} Try again when you are back online.`
  // After a lost response, the limits may have changed, so don't say that they are unchanged.
  if (isLost(error)) return 'The connection was lost before the response arrived. Try again.'
  const { title, retryAfterMs } = explainDenial(error)
  const next = retryAfterMs
    ? `Wait ${plural(Math.ceil(retryAfterMs / 1000), 'second', 'seconds')}, then try again.`
    : 'Try again.'
  const isSignedOut = error instanceof TRPCClientError && error.data?.httpStatus === 401
  return isSignedOut ? `${title}. ${unchanged}` : `${title}. ${unchanged} ${next}`
}
