import { type ReactNode, useId } from 'react'
import classes from './Dialog.module.css'
import modal from './Modal.module.css'
import { useModal } from './useModal.ts'

interface DialogProps {
  title: string
  onClose: () => void
  /** The first button receives focus, so start with the button that changes nothing. */
  actions: ReactNode
  children: ReactNode
}

/** Shows a modal dialog with a title, and buttons below its content. */
export function Dialog({ title, onClose, actions, children }: DialogProps) {
  const dialog = useModal()
  const titleId = useId()
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      className={`${modal.modal} ${classes.dialog}`}
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
