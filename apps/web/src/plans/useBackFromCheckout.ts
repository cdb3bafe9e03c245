import { useWindowEvent } from '@mantine/hooks'

/** Calls `onBack` when the browser's Back button restores this page from its cache, with the checkout button still busy. */
export function useBackFromCheckout(onBack: () => void): void {
  useWindowEvent('pageshow', ({ persisted }) => {
    if (persisted) onBack()
  })
}
