import { useState } from 'react'

const prefix = 'studio-draft'

/**
 * What somebody is typing, kept in this tab under their own id: it outlives a session that ends in the middle, and signing out forgets it.
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
