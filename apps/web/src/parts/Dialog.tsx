import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import classes from './Dialog.module.css'
import { focusHeading } from './focus.ts'

interface DialogProps {
  title: string
  onClose: () => void
  /** The first button gets the focus, so it should be the one that changes nothing. */
  actions: ReactNode
  children: ReactNode
}

/** Asks for confirmation. The browser's own dialog keeps the focus inside, restores it, and closes on Escape. */
export function Dialog({ title, onClose, actions, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // Closes while still in the document; a removed dialog does not restore the focus.
  useLayoutEffect(() => {
    const opened = dialog.current
    opened?.showModal()
    return () => {
      opened?.close()
      // The button that opened it may be gone, for example after a change of plan.
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
