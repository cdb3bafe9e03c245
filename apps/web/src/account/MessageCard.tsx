import type { ReactNode } from 'react'
import { Screen } from '../parts/Screen.tsx'
import classes from './AccountForm.module.css'

/** Shows a message in place of an account form. */
export function MessageCard(screen: { title: string; lead: ReactNode; children: ReactNode }) {
  const { children, ...head } = screen
  return (
    <div className={classes.card}>
      <Screen {...head}>
        <div className={classes.message}>{children}</div>
      </Screen>
    </div>
  )
}
