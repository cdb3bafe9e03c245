import { type RefObject, useEffect } from 'react'

/** Scrolls to the element when work starts. On a small screen, the element can be below the visible area. */
export function useBroughtIntoView(element: RefObject<HTMLElement | null>, working: boolean): void {
  useEffect(() => {
    if (!working) return
    const top = element.current?.getBoundingClientRect().top ?? 0
    if (top > window.innerHeight * 0.8) element.current?.scrollIntoView({ block: 'center' })
  }, [element, working])
}
