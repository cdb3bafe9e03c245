import { Button } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { useSays } from '../alerts/said.tsx'
import { usePaywall } from '../api/billing.ts'
import { explainDenial } from '../denials/explainDenial.ts'
import { SignInAgain } from '../denials/SignInAgain.tsx'
import type { Meter } from '../format/meters.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { ShortOfCredits } from './ShortOfCredits.tsx'

interface DenialNoticeProps {
  /** The meter of the form. The panel beside the form shows the meter's paywall. */
  meter: Meter
  error: { message: string }
  onRetry: () => void
  /** A button to continue without the feature that the plan doesn't include. */
  onWithoutFeature?: ReactNode
  /** Returns a button to continue with only the available units. */
  onLess?: (available: number) => ReactNode
  /** Whether the call holds the units that it may need, and is charged only for those it uses. */
  isMaximum?: boolean
}

/** Explains a denied or failed call below its form: what happened, what it cost, and what to do next. */
export function DenialNotice({
  meter,
  error,
  onRetry,
  onWithoutFeature,
  onLess,
  isMaximum = false,
}: DenialNoticeProps) {
  const { title, detail, next, retryAfterMs, broken } = explainDenial(error)
  const paywall = usePaywall(meter)
  useSays(next === 'limits' ? [`limits ${meter}`] : [])
  if (next === 'credits')
    return (
      <ShortOfCredits meter={meter} error={error} onRetry={onRetry} onLess={onLess} isMaximum={isMaximum} />
    )
  return (
    <Notice
      tone={broken ? 'critical' : 'warning'}
      role="alert"
      title={title}
      actions={
        <>
          {next === 'again' && (
            <RetryButton key={String(retryAfterMs)} onRetry={onRetry} waitMs={retryAfterMs ?? 0} />
          )}
          {next === 'signIn' && <SignInAgain />}
          {/* If the paywall's state is `overdue`, the paywall already shows this button. */}
          {next === 'payment' && paywall.state !== 'overdue' && (
            <LinkButton to="/billing" size="sm">
              Go to billing
            </LinkButton>
          )}
          {next === 'limits' && (
            <LinkButton to="/billing" hash="spend-limits" size="sm">
              Change your spend limits
            </LinkButton>
          )}
          {next === 'withoutFeature' && onWithoutFeature}
          {(next === 'plans' || next === 'withoutFeature') && (
            <LinkButton to="/pricing" size="sm" variant={next === 'plans' ? 'filled' : 'default'}>
              View plans
            </LinkButton>
          )}
        </>
      }
    >
      {detail}
    </Notice>
  )
}

function RetryButton({ onRetry, waitMs }: { onRetry: () => void; waitMs: number }) {
  const [waiting, setWaiting] = useState(waitMs > 0)
  useEffect(() => {
    const timer = setTimeout(() => setWaiting(false), waitMs)
    return () => clearTimeout(timer)
  }, [waitMs])
  return (
    <Button size="sm" onClick={onRetry} disabled={waiting}>
      Try again
    </Button>
  )
}
