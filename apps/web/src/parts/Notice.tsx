import { CloseButton } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './Notice.module.css'

interface NoticeProps {
  title: string
  /** `neutral` is for a result that is neither a success nor a problem. */
  tone?: 'calm' | 'neutral' | 'warning' | 'critical'
  /** `alert` interrupts a screen reader. Use `alert` for a response to a click. */
  role?: 'status' | 'alert'
  children?: ReactNode
  actions?: ReactNode
  onClose?: () => void
}

/** Shows a message that says what happened and what to do next. */
export function Notice({ title, tone = 'calm', role = 'status', children, actions, onClose }: NoticeProps) {
  return (
    <div className={classes.notice} data-tone={tone} data-closable={onClose !== undefined} role={role}>
      <div className={classes.text}>
        <strong>{title}</strong>
        {children && <div className={classes.body}>{children}</div>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
      {onClose && <CloseButton aria-label="Dismiss" onClick={onClose} className={classes.close} />}
    </div>
  )
}
