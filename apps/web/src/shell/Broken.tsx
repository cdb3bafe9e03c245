import { Button } from '@mantine/core'
import { Notice } from './Notice.tsx'

/** A screen that could not be drawn: a defect, or its code did not arrive, after a deployment for instance. */
export function Broken() {
  return (
    <Notice
      tone="critical"
      role="alert"
      title="This screen could not be shown"
      actions={
        <Button size="sm" onClick={() => window.location.reload()}>
          Load it again
        </Button>
      }
    >
      Something went wrong on our side. Nothing was charged, and what you typed is kept.
    </Notice>
  )
}
