import { Button, type ButtonProps } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'
import { passFocusOn } from './focus.ts'

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
