import { type FormEvent, type KeyboardEvent, type ReactNode, useRef } from 'react'
import type { Meter } from '../api.ts'
import classes from './Composer.module.css'
import { CreditsPanel } from './CreditsPanel.tsx'

interface ComposerProps {
  label: string
  meter: Meter
  onSubmit: () => void
  /** The answer to a call that was refused, below the button that made it. */
  refusal?: ReactNode
  children: ReactNode
}

/** A tool's form beside the balance it spends. Ctrl or Cmd with Enter sends it from a text field. */
export function Composer({ label, meter, onSubmit, refusal, children }: ComposerProps) {
  const form = useRef<HTMLFormElement>(null)
  function submit(event: FormEvent) {
    event.preventDefault()
    onSubmit()
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit()
  }
  return (
    <div className={classes.composer}>
      <div className={classes.card}>
        <form ref={form} aria-label={label} className={classes.form} onSubmit={submit} onKeyDown={onKeyDown}>
          {children}
        </form>
        {refusal}
      </div>
      <CreditsPanel meter={meter} />
    </div>
  )
}
