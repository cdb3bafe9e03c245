import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { Screen } from '../parts/Screen.tsx'
import { Brand } from './Brand.tsx'
import classes from './Unreachable.module.css'

/** Replaces the app if the first session request fails. */
export function Unreachable({ retry }: { retry: () => void }) {
  useEffect(() => {
    window.addEventListener('online', retry)
    return () => window.removeEventListener('online', retry)
  }, [retry])
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <div className={classes.row}>
          <Brand />
        </div>
      </header>
      <main className={classes.main}>
        <Screen
          title="Studio can't be reached"
          lead="Your pictures and credits are safe. Check your connection and try again."
        >
          <Button onClick={retry}>Try again</Button>
        </Screen>
      </main>
    </div>
  )
}
