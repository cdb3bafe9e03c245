import { Skeleton, VisuallyHidden } from '@mantine/core'

/** Shows a placeholder while a part of a screen loads. */
export function ScreenSkeleton() {
  return (
    <div aria-busy="true">
      <VisuallyHidden role="status">Loading</VisuallyHidden>
      <Skeleton height={40} width="min(22rem, 70%)" mb={28} />
      <Skeleton height={260} radius="lg" mb={24} />
      <Skeleton height={180} radius="lg" />
    </div>
  )
}
