import { type RefObject, useEffect, useRef } from 'react'

/**
 * Scrolls the shortest distance that shows the whole element. If the element doesn't fit between the header and
 * the navigation, shows its start.
 */
export function reveal(element: HTMLElement | null) {
  if (element === null) return
  const { scrollPaddingTop, scrollPaddingBottom } = getComputedStyle(document.documentElement)
  const room =
    window.innerHeight - Number.parseFloat(scrollPaddingTop) - Number.parseFloat(scrollPaddingBottom)
  // Stop a smooth scroll to another element. It would move this element out of view.
  window.scrollTo({ top: window.scrollY, behavior: 'instant' })
  element.scrollIntoView({ block: element.getBoundingClientRect().height > room ? 'start' : 'nearest' })
}

/** Scrolls to the element when `shown` becomes true, unless the user is typing. */
export function useReveal(element: RefObject<HTMLElement | null>, shown: boolean): void {
  const before = useRef(shown)
  useEffect(() => {
    const appeared = shown && !before.current
    before.current = shown
    if (appeared && !isTyping()) reveal(element.current)
  }, [element, shown])
}

const isTyping = () => document.activeElement?.matches('textarea, input:not([type=radio], [type=checkbox])')
