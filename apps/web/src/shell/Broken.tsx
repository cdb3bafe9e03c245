import { Button } from '@mantine/core'
import { Screen } from '../parts/Screen.tsx'

/**
 * Replaces a screen that failed to render. The screen can have a bug, or its code can fail to load, for example
 * after a deployment.
 */
export function Broken() {
  return (
    <Screen
      title="This page couldn't be loaded"
      lead="Something went wrong on our side. Your text is saved. Reload the page to continue."
    >
      <Button onClick={() => window.location.reload()}>Reload page</Button>
    </Screen>
  )
}
