import { VisuallyHidden } from '@mantine/core'
import { ScreenSkeleton } from './ScreenSkeleton.tsx'

/** Shows a placeholder for a whole screen. Has a heading, like the screen itself. */
export function LoadingScreen() {
  return (
    <>
      <VisuallyHidden component="h1">Studio is loading</VisuallyHidden>
      <ScreenSkeleton />
    </>
  )
}
