import { Button, type ButtonProps } from '@mantine/core'
import type { ReactNode } from 'react'

interface SubmitButtonProps extends ButtonProps {
  busy: boolean
  children: ReactNode
}

/** A form's button. While busy it refuses, but keeps the focus: a disabled one would drop whoever works with the keyboard. */
export function SubmitButton({ busy, ...button }: SubmitButtonProps) {
  return (
    <Button
      {...button}
      type="submit"
      size="md"
      aria-disabled={busy}
      data-disabled={busy}
      onClick={(event) => {
        if (busy) event.preventDefault()
      }}
    />
  )
}
