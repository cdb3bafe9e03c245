import { Button, type ButtonProps } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'

interface CopyButtonProps extends ButtonProps {
  text: string
  label: string
  /** The button's name for screen readers, if `label` alone is unclear. */
  'aria-label'?: string
}

/** Shows a button that copies `text`. If copying fails, for example over plain HTTP, the label says so. */
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
