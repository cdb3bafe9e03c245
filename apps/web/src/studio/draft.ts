/**
 * What somebody was typing when the session ended, for after they sign in again. It lives in this tab only, under the user it belongs to,
 * and signing out forgets it.
 */
const prefix = 'studio-draft:'

export const saveDraft = (userId: string, prompt: string) => sessionStorage.setItem(prefix + userId, prompt)

export const readDraft = (userId: string) => sessionStorage.getItem(prefix + userId) ?? ''

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key)
}
