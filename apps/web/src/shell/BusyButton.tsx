import { Button, type ButtonProps } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'

interface BusyButtonProps extends ButtonProps {
  busy: boolean
  type?: 'button' | 'submit'
  onClick?: () => void
  children: ReactNode
}

/**
 * A button that begins work. While busy it refuses, but keeps the focus: a disabled one would drop whoever works with the keyboard. When it
 * leaves the screen with its work done, the heading takes the focus.
 */
export function BusyButton({ busy, type = 'button', onClick, ...button }: BusyButtonProps) {
  function press(event: MouseEvent) {
    if (busy) event.preventDefault()
    else onClick?.()
  }
  return (
    <Button
      {...button}
      ref={passFocusOn}
      type={type}
      aria-disabled={busy}
      data-disabled={busy}
      onClick={press}
    />
  )
}

/** For the `ref` of what may leave the screen while it has the focus. */
export function passFocusOn(element: HTMLElement | null) {
  return () => {
    if (element !== null && element === document.activeElement) focusHeading()
  }
}

/** Where somebody goes on whose place on the screen is gone. */
export function focusHeading() {
  document.querySelector<HTMLElement>('h1[tabindex="-1"]')?.focus({ preventScroll: true })
}
