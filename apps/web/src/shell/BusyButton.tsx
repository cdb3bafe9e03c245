import { Button, type ButtonProps } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'

interface BusyButtonProps extends ButtonProps {
  busy: boolean
  type?: 'button' | 'submit'
  onClick?: () => void
  children: ReactNode
}

/** While busy it refuses, but keeps the focus: a disabled one would drop whoever works with the keyboard. */
export function BusyButton({ busy, type = 'button', onClick, ...button }: BusyButtonProps) {
  function press(event: MouseEvent) {
    if (busy) event.preventDefault()
    else onClick?.()
  }
  return <Button {...button} type={type} aria-disabled={busy} data-disabled={busy} onClick={press} />
}
