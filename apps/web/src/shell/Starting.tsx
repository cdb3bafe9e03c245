import type { ReactNode } from 'react'
import { ScreenSkeleton } from '../parts/ScreenSkeleton.tsx'
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
