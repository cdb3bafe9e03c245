import type { ReactNode } from 'react'
import { LoadingScreen } from '../parts/LoadingScreen.tsx'
import { Brand } from './Brand.tsx'
import classes from './Starting.module.css'

/** Shows a placeholder until the session has loaded. */
export function Starting() {
  return (
    <Page>
      <LoadingScreen />
    </Page>
  )
}

/** Renders the part of the shell that does not depend on the user. */
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
