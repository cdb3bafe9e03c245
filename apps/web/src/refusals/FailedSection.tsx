import { Button } from '@mantine/core'
import { Notice } from '../shell/Notice.tsx'
import { explainRefusal } from './explainRefusal.ts'

/** A part of a screen that could not be read: which, why, and again. */
export function FailedSection({
  what,
  error,
  onRetry,
}: {
  what: string
  error: unknown
  onRetry: () => void
}) {
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
      {explainRefusal(error).title}. Nothing is lost.
    </Notice>
  )
}
