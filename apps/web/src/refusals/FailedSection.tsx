import { Button } from '@mantine/core'
import { useEffect, useEffectEvent } from 'react'
import { Notice } from '../shell/Notice.tsx'

const askAgainMs = 8_000

/** A part of a screen that could not be read: which, why, and again, by itself too. */
export function FailedSection({ what, onRetry }: { what: string; onRetry: () => void }) {
  const retry = useEffectEvent(onRetry)
  useEffect(() => {
    const timer = setInterval(retry, askAgainMs)
    return () => clearInterval(timer)
  }, [])
  return (
    <Notice
      tone="warning"
      title={`${what} cannot be shown right now`}
      actions={
        <Button size="sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {navigator.onLine
        ? 'The billing service is not answering. Nothing is lost, Studio goes on working, and we keep trying.'
        : 'You are offline. Nothing is lost, and we try again when you are connected.'}
    </Notice>
  )
}
