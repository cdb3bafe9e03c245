import { Button } from '@mantine/core'
import { Notice } from './Notice.tsx'
import classes from './Starting.module.css'

/** The very first request failed, so not even who is here is known. */
export function Unreachable({ retry }: { retry: () => void }) {
  return (
    <main className={classes.main}>
      <Notice
        tone="warning"
        role="alert"
        title="Studio cannot be reached"
        actions={
          <Button size="sm" onClick={retry}>
            Try again
          </Button>
        }
      >
        Your pictures and credits are safe. Check your connection, or try again in a moment.
      </Notice>
    </main>
  )
}
