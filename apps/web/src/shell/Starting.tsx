import { Skeleton, VisuallyHidden } from '@mantine/core'
import classes from './Starting.module.css'

/** While it is not known yet who is here. */
export function Starting() {
  return (
    <div className={classes.page}>
      <div className={classes.header} />
      <div className={classes.main}>
        <ScreenSkeleton />
      </div>
    </div>
  )
}

/** While a screen's code or data is on its way. */
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
