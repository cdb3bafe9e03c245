import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import classes from './Dialog.module.css'
import { focusHeading } from './focus.ts'

interface DialogProps {
  title: string
  onClose: () => void
  /** The first button receives focus. Put the button that changes nothing first. */
  actions: ReactNode
  children: ReactNode
}

/**
 * Asks for confirmation. The browser's native dialog traps focus, restores it afterwards, and closes on
 * Escape.
 */
export function Dialog({ title, onClose, actions, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // Close the dialog before React removes it, because a removed dialog does not restore focus.
  useLayoutEffect(() => {
    const opened = dialog.current
    opened?.showModal()
    return () => {
      opened?.close()
      // The button that opened the dialog may no longer exist, for example after a plan change.
      if (document.activeElement === document.body) focusHeading()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      className={classes.dialog}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={titleId} className={classes.title}>
        {title}
      </h2>
      <div className={classes.body}>{children}</div>
      <div className={classes.actions}>{actions}</div>
    </dialog>
  )
}
