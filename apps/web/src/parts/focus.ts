/** Moves the focus to the heading when a focused element leaves the screen. Use it as the element's `ref`. */
export function passFocusOn(element: HTMLElement | null) {
  return () => {
    if (element !== null && element === document.activeElement) focusHeading()
  }
}

export function focusHeading() {
  document.querySelector<HTMLElement>('h1[tabindex="-1"]')?.focus({ preventScroll: true })
}
