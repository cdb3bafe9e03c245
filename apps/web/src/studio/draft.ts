import { useState } from 'react'

const prefix = 'studio-draft'

/**
 * Keeps the user's unsent text in this tab, under the user's ID. The text survives an expired session, but
 * signing out deletes it.
 */
export function useDraft(userId: string, tool: string): [draft: string, setDraft: (draft: string) => void] {
  const key = `${prefix}:${userId}:${tool}`
  const [draft, setDraft] = useState(() => sessionStorage.getItem(key) ?? '')
  function keep(next: string) {
    sessionStorage.setItem(key, next)
    setDraft(next)
  }
  return [draft, keep]
}

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key)
}
