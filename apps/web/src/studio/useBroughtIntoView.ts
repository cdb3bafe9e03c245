import { type RefObject, useEffect, useEffectEvent } from 'react'

interface Work {
  isRunning: boolean
  /** Whether the call is about to be denied. If it is, the page stays where the denial will appear. */
  isDenied: boolean
}

/** Scrolls to the element when work starts. On a small screen, the element can be below the visible area. */
export function useBroughtIntoView(
  element: RefObject<HTMLElement | null>,
  { isRunning, isDenied }: Work,
): void {
  const bringIntoView = useEffectEvent(() => {
    const top = element.current?.getBoundingClientRect().top ?? 0
    if (!isDenied && top > window.innerHeight * 0.8) element.current?.scrollIntoView({ block: 'center' })
  })
  useEffect(() => {
    if (isRunning) bringIntoView()
  }, [isRunning])
}
