import { Button } from '@mantine/core'
import { Screen } from '../parts/Screen.tsx'

/**
 * Replaces a screen that failed to render. Possible causes are a bug in the screen, or code that didn't
 * load, for example after a deployment.
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
