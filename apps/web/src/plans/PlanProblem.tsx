import { billingDenial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import type { ReactNode } from 'react'
import { isUnsent } from '../api/offlineLink.ts'
import { explainDenial } from '../denials/explainDenial.ts'
import { SignInAgain } from '../denials/SignInAgain.tsx'
import classes from './PlanProblem.module.css'

const unchanged = 'Nothing was changed and nothing was charged'

/**
 * Explains why an order or a plan change failed. A BAD_REQUEST or a CONFLICT from the billing router carries a
 * message for the customer. `children` is a button below the message.
 */
export function PlanProblem({ error, children }: { error: Error; children?: ReactNode }) {
  const isSignedOut = error instanceof TRPCClientError && error.data?.httpStatus === 401
  return (
    <div role="alert" className={classes.problem}>
      {isSignedOut ? `Your session has ended. ${unchanged}.` : problemWith(error)}
      {isSignedOut && <SignInAgain />}
      {children}
    </div>
  )
}

function problemWith(error: Error): string {
  if (billingDenial(error)?.code === 'BILLING_UNAVAILABLE')
    return `Billing is temporarily unavailable. ${unchanged}. Try again in a minute.`
  if (error instanceof TRPCClientError && error.data?.code === 'BAD_REQUEST')
    return `${error.message} Nothing was charged.`
  // The plan may have changed, so this message doesn't promise that nothing was charged.
  if (error instanceof TRPCClientError && error.data?.code === 'CONFLICT') return error.message
  // An error that isn't a tRPC error means that a hosted page didn't open, so nothing has changed.
  const isOffline = error instanceof TRPCClientError ? isUnsent(error) : !navigator.onLine
  // A notice at the top of the screen says that the browser is offline, so don't repeat it.
  if (isOffline) return `Studio can't be reached. ${unchanged}. Try again when you are back online.`
  const { title, detail } = explainDenial(error)
  return `${title}. ${detail}`
}
