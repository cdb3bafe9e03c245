import { Button } from '@mantine/core'
import { createContext, type ReactNode, use } from 'react'
import type { RouterInput } from '../api/trpc.ts'
import { passFocusOn } from '../parts/focus.ts'

/** The content of the dialog that confirms an operator's change. */
export interface ActToConfirm {
  act: RouterInput['operator']['act']['act']
  title: string
  /** The confirming button's label. */
  verb: string
  /** Explains the effect of the change. */
  children: ReactNode
}

/**
 * Opens the dialog that confirms a change. The page renders the dialog: a change can remove the button's row,
 * but the dialog must stay open to show the result.
 */
export const OpenAct = createContext<(act: ActToConfirm) => void>(() => {})

interface ActButtonProps extends ActToConfirm {
  label: string
  /** The name of the record to change, such as `the hold of 2 pictures`, for screen readers. */
  of: string
}

/** Shows a button for a change that needs no input except the reason. */
export function ActButton({ label, of, ...act }: ActButtonProps) {
  const open = use(OpenAct)
  return (
    <Button
      ref={passFocusOn}
      variant="default"
      size="xs"
      aria-label={`${label} ${of}`}
      onClick={() => open(act)}
    >
      {label}
    </Button>
  )
}
