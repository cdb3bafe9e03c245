/** For the `ref` of what may leave the screen while it has the focus. */
export function passFocusOn(element: HTMLElement | null) {
  return () => {
    if (element !== null && element === document.activeElement) focusHeading()
  }
}

/** Where somebody goes on whose place on the screen is gone. */
export function focusHeading() {
  document.querySelector<HTMLElement>('h1[tabindex="-1"]')?.focus({ preventScroll: true })
}
