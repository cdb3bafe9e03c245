import { Button } from '@mantine/core'
import { billingDenial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { useEffect, useEffectEvent } from 'react'
import { passFocusOn } from '../parts/focus.ts'
import { Notice } from '../parts/Notice.tsx'
import { SignInAgain } from './SignInAgain.tsx'

const retryMs = 8_000

interface FailedSectionProps {
  /** The section's name, used as the start of a sentence. */
  what: string
  error: unknown
  onRetry: () => void
}

/**
 * Replaces a section that failed to load. Shows the section's name and the reason for the failure, and retries
 * every few seconds.
 */
export function FailedSection({ what, error, onRetry }: FailedSectionProps) {
  const isSignedOut = isUnauthorized(error)
  const retry = useEffectEvent(onRetry)
  useEffect(() => {
    if (isSignedOut) return
    const timer = setInterval(retry, retryMs)
    return () => clearInterval(timer)
  }, [isSignedOut])
  if (isSignedOut)
    return (
      <Notice tone="warning" title="Your session has ended" actions={<SignInAgain />}>
        Sign in again to continue. Nothing is lost.
      </Notice>
    )
  return (
    <Notice
      tone="warning"
      title={`${what} can't be shown right now`}
      actions={
        <Button ref={passFocusOn} size="sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {reasonOf(error)}
    </Notice>
  )
}

/** Returns whether the session has ended. Flowglad's hooks keep only the message of the server's error. */
function isUnauthorized(error: unknown): boolean {
  if (error instanceof TRPCClientError) return error.data?.httpStatus === 401
  return error instanceof Error && error.message === 'Unauthorized'
}

function reasonOf(error: unknown): string {
  // Don't mention the connection, because a notice at the top of the screen says that the browser is offline.
  if (!navigator.onLine) return "Nothing is lost, and we'll try again when you are back online."
  // An error that isn't a tRPC error comes from Flowglad's hooks.
  const isBilling =
    !(error instanceof TRPCClientError) || billingDenial(error)?.code === 'BILLING_UNAVAILABLE'
  return isBilling
    ? "Billing is temporarily unavailable. Nothing is lost, Studio keeps working, and we'll keep trying."
    : "Something went wrong on our side. Nothing is lost, and we'll keep trying."
}
