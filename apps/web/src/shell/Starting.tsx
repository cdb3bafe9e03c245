import { Skeleton, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { Brand } from './Brand.tsx'
import classes from './Starting.module.css'

/** While it is not known yet who is here. */
export function Starting() {
  return (
    <Page>
      <ScreenSkeleton />
    </Page>
  )
}

/** The shell as far as it is the same for everybody. */
export function Page({ children }: { children: ReactNode }) {
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <div className={classes.row}>
          <Brand />
        </div>
      </header>
      <main className={classes.main}>{children}</main>
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
