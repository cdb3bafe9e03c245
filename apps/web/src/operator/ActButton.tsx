import { Button } from '@mantine/core'
import { createContext, type ReactNode, use } from 'react'
import type { RouterInput } from '../api/trpc.ts'
import { passFocusOn } from '../parts/focus.ts'

/** The content of an act's dialog. */
export interface ActToConfirm {
  act: RouterInput['operator']['act']['act']
  title: string
  /** The confirming button's label. */
  verb: string
  /** Says what will happen. */
  children: ReactNode
}

/**
 * Opens an act's dialog. The page renders the dialog, because the act can remove the button's row. The dialog must stay
 * open to show the result.
 */
export const OpenAct = createContext<(act: ActToConfirm) => void>(() => {})

interface ActButtonProps extends ActToConfirm {
  label: string
  /** The object of the act, for screen readers. */
  of: string
}

/** Opens an act's dialog. The dialog asks only for the reason. */
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
