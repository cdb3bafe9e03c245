import type { Alert } from '@metered/billing/client'
import { createContext, type ReactNode, use, useCallback, useLayoutEffect, useMemo, useState } from 'react'
import type { Meter } from '../format/meters.ts'

/** The alerts that a part of the screen shows: one alert, or all alerts about a meter's credits or limits. */
type Said = `alert ${string}` | `credits ${Meter}` | `limits ${Meter}`

const SaidContext = createContext<{
  said: readonly Said[]
  add: (said: Said[]) => () => void
}>({ said: [], add: () => () => {} })

/** Provides the state that `useSays` adds to and `useIsSaid` reads. */
export function SaidOnScreen({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState<readonly Said[]>([])
  const add = useCallback((added: Said[]) => {
    setSaid((before) => [...before, ...added])
    return () =>
      setSaid((before) => {
        const rest = [...before]
        for (const it of added) rest.splice(rest.indexOf(it), 1)
        return rest
      })
  }, [])
  const value = useMemo(() => ({ said, add }), [said, add])
  return <SaidContext value={value}>{children}</SaidContext>
}

/** False inside a part of the screen that is mounted but hidden. */
export const IsShown = createContext(true)

/** Until the calling component unmounts, prevents notices about these alerts, because the component shows them. */
export function useSays(said: Said[]): void {
  const { add } = use(SaidContext)
  const isShown = use(IsShown)
  // Callers pass a new array in each render, so compare its content.
  const key = JSON.stringify(isShown ? said : [])
  // A layout effect runs before the browser paints, so no notice flashes.
  useLayoutEffect(() => add(JSON.parse(key)), [add, key])
}

/** Returns a function that checks whether a part of the screen already shows an alert. */
export function useIsSaid(): (alert: Alert<Meter>) => boolean {
  const { said } = use(SaidContext)
  return ({ id, meter, budget }) =>
    said.includes(`alert ${id}`) || said.includes(budget ? `limits ${meter}` : `credits ${meter}`)
}
