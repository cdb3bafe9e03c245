import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { Screen } from '../parts/Screen.tsx'
import { Page } from './Starting.tsx'

/** The very first request failed, so not even who is here is known. */
export function Unreachable({ retry }: { retry: () => void }) {
  useEffect(() => {
    window.addEventListener('online', retry)
    return () => window.removeEventListener('online', retry)
  }, [retry])
  return (
    <Page>
      <Screen
        title="Studio cannot be reached"
        lead="Your pictures and credits are safe. Check your connection, or try again in a moment."
      >
        <Button onClick={retry}>Try again</Button>
      </Screen>
    </Page>
  )
}
