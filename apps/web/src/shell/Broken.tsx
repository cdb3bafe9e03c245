import { Button } from '@mantine/core'
import { Screen } from '../parts/Screen.tsx'

/** A screen that could not be drawn: a defect, or its code did not arrive, after a deployment for instance. */
export function Broken() {
  return (
    <Screen
      title="This screen could not be shown"
      lead="Something went wrong on our side. Nothing was charged, and what you typed is kept."
    >
      <Button onClick={() => window.location.reload()}>Load it again</Button>
    </Screen>
  )
}
