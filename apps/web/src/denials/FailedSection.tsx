import { Button } from '@mantine/core'
import { billingDenial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { useEffect, useEffectEvent } from 'react'
import { passFocusOn } from '../parts/focus.ts'
import { Notice } from '../parts/Notice.tsx'
import { SignInAgain } from './SignInAgain.tsx'

const askAgainMs = 8_000

interface FailedSectionProps {
  /** What is missing, as the beginning of a sentence. */
  what: string
  error: unknown
  onRetry: () => void
}

/** A part of a screen that could not be read: which, why, and again, by itself too. */
export function FailedSection({ what, error, onRetry }: FailedSectionProps) {
  const isSignedOut = error instanceof TRPCClientError && error.data?.httpStatus === 401
  const retry = useEffectEvent(onRetry)
  useEffect(() => {
    if (isSignedOut) return
    const timer = setInterval(retry, askAgainMs)
    return () => clearInterval(timer)
  }, [isSignedOut])
  if (isSignedOut)
    return (
      <Notice tone="warning" title="Your session has ended" actions={<SignInAgain />}>
        Sign in again to go on. Nothing is lost.
      </Notice>
    )
  return (
    <Notice
      tone="warning"
      title={`${what} cannot be shown right now`}
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

function reasonOf(error: unknown): string {
  if (!navigator.onLine) return 'You are offline. Nothing is lost, and we try again when you are connected.'
  // What does not come over tRPC comes from Flowglad.
  const isBilling =
    !(error instanceof TRPCClientError) || billingDenial(error)?.code === 'BILLING_UNAVAILABLE'
  return isBilling
    ? 'The billing service is not answering. Nothing is lost, Studio goes on working, and we keep trying.'
    : 'Something went wrong on our side. Nothing is lost, and we keep trying.'
}
