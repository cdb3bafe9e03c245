import { Button, type ButtonProps } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'

interface CopyButtonProps extends ButtonProps {
  text: string
  label: string
  /** Describes the text to screen readers, if `label` alone doesn't. */
  'aria-label'?: string
}

/** Copies a text. If copying fails, for example over plain HTTP, the user can still select the text. */
export function CopyButton({ text, label, 'aria-label': name, ...button }: CopyButtonProps) {
  const { copied, error, copy } = useClipboard()
  const outcome = error ? "Couldn't copy" : copied ? 'Copied' : null
  return (
    <Button
      size="xs"
      variant="default"
      {...button}
      {...(name && !outcome ? { 'aria-label': name } : {})}
      onClick={() => copy(text)}
    >
      {outcome ?? label}
    </Button>
  )
}
