import { useMemo, useSyncExternalStore } from 'react'

/**
 * The maximum number of alerts to remember. It exceeds the 50 alerts that the server lists, so that no notice appears
 * twice.
 */
const maxRemembered = 100

const listeners = new Set<() => void>()

function subscribe(listener: () => void) {
  listeners.add(listener)
  // A `storage` event means that another tab has shown an alert.
  window.addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', listener)
  }
}

const read = (key: string) => localStorage.getItem(key) ?? ''
const idsIn = (text: string) => text.split('\n').filter((id) => id !== '')

/** Remembers the alerts that this browser has shown, so that only one of its tabs shows each alert. */
export function useTold(customer: string): { told: ReadonlySet<string>; tell: (ids: string[]) => void } {
  const key = `studio-alerts:${customer}`
  const text = useSyncExternalStore(subscribe, () => read(key))
  return useMemo(
    () => ({
      told: new Set(idsIn(text)),
      tell(ids) {
        // Another tab may have added IDs since the last render.
        const known = idsIn(read(key))
        const added = ids.filter((id) => !known.includes(id))
        if (added.length === 0) return
        localStorage.setItem(key, [...known, ...added].slice(-maxRemembered).join('\n'))
        for (const listener of listeners) listener()
      },
    }),
    [key, text],
  )
}
