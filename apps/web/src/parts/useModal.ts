import { type RefObject, useLayoutEffect, useRef } from 'react'
import { focusHeading } from './focus.ts'

/**
 * Opens the dialog element as a modal while its component is mounted. The browser's native dialog traps focus,
 * restores it afterwards, and closes on Escape.
 */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null)
  // Close the dialog before React removes it, because a removed dialog does not restore focus.
  useLayoutEffect(() => {
    const opened = dialog.current
    opened?.showModal()
    // In a short window, the browser scrolls past the title and the price to the focused button. Scroll back to the top.
    if (opened) opened.scrollTop = 0
    return () => {
      opened?.close()
      // The button that opened the dialog may no longer exist, for example after a plan change.
      if (document.activeElement === document.body) focusHeading()
    }
  }, [])
  return dialog
}
