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
 * A button that starts work. While busy it ignores clicks but keeps the focus, which a disabled button would lose. When it leaves the
 * screen, the heading takes the focus.
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
