'use client'

import { useActionState } from 'react'
import { drawAction } from './actions'

export function DrawForm() {
  const [{ title, problem }, action, isPending] = useActionState(drawAction, {})
  return (
    <form action={action}>
      <label>
        Prompt <input name="prompt" required />
      </label>
      <button type="submit" disabled={isPending}>
        Draw
      </button>
      {title && <p>{title}</p>}
      {problem && <p role="alert">{problem}</p>}
    </form>
  )
}
