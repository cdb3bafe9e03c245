import { VisuallyHidden } from '@mantine/core'
import { ScreenSkeleton } from './ScreenSkeleton.tsx'

/** Shows a placeholder for a whole screen, with a heading for screen readers. */
export function LoadingScreen() {
  return (
    <>
      <VisuallyHidden component="h1">Studio is loading</VisuallyHidden>
      <ScreenSkeleton />
    </>
  )
}
