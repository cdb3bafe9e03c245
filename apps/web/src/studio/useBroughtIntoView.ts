import { type RefObject, useEffect } from 'react'

/** On a small screen the form fills it: without this nobody would see that anything happens below. */
export function useBroughtIntoView(element: RefObject<HTMLElement | null>, working: boolean): void {
  useEffect(() => {
    if (!working) return
    const top = element.current?.getBoundingClientRect().top ?? 0
    if (top > window.innerHeight * 0.8) element.current?.scrollIntoView({ block: 'center' })
  }, [element, working])
}
