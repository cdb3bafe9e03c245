/**
 * Moves focus to the heading if an element unmounts while it has focus. Use this function as the element's
 * `ref`.
 */
export function passFocusOn(element: HTMLElement | null) {
  return () => {
    if (element !== null && element === document.activeElement) focusHeading()
  }
}

/** Moves focus to an element when it appears. Use this function as the element's `ref`. */
export function takeFocus(element: HTMLElement | null) {
  element?.focus()
}

export function focusHeading() {
  document.querySelector<HTMLElement>('h1[tabindex="-1"]')?.focus({ preventScroll: true })
}
