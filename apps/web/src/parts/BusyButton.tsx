import { Button, type ButtonProps } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'
import { passFocusOn } from './focus.ts'

interface BusyButtonProps extends ButtonProps {
  busy: boolean
  type?: 'button' | 'submit'
  /** The ID of the form to submit, if the button is outside the form. */
  form?: string
  'aria-describedby'?: string | undefined
  onClick?: () => void
  children: ReactNode
}

/**
 * Renders a button for an action that takes time. While busy, the button ignores clicks but keeps focus; a
 * disabled button would lose focus. If the button unmounts while it has focus, the heading receives focus.
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
