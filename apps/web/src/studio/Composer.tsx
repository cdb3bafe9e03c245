import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useLayoutEffect,
  useRef,
} from 'react'
import type { Meter } from '../format/meters.ts'
import { reveal } from '../parts/reveal.ts'
import classes from './Composer.module.css'
import { CreditsPanel } from './CreditsPanel.tsx'

interface ComposerProps {
  label: string
  meter: Meter
  onSubmit: () => void
  /** The explanation of a denied call, shown below the form. */
  denial?: ReactNode
  children: ReactNode
}

/**
 * Shows a tool's form beside the balance that the tool uses. Ctrl+Enter or Cmd+Enter in a text field submits
 * the form.
 */
export function Composer({ label, meter, onSubmit, denial, children }: ComposerProps) {
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
        {denial && <Answer form={form}>{denial}</Answer>}
      </div>
      <CreditsPanel meter={meter} />
    </div>
  )
}

/**
 * Shows the explanation of a denied call. Scrolls to the explanation, because the page may have scrolled to the
 * result when work started. If the explanation unmounts while it has focus, the submit button receives focus.
 */
function Answer({ form, children }: { form: RefObject<HTMLFormElement | null>; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const answer = place.current
    reveal(answer)
    return () => {
      if (answer?.contains(document.activeElement))
        form.current?.querySelector<HTMLElement>('[type=submit]')?.focus()
    }
  }, [form])
  return (
    <div ref={place} className={classes.answer}>
      {children}
    </div>
  )
}
