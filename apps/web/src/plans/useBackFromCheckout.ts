import { useWindowEvent } from '@mantine/hooks'

/**
 * Calls `onBack` when the Back button restores this page from the browser's cache. The checkout button on the
 * restored page is still busy, so `onBack` must reset it.
 */
export function useBackFromCheckout(onBack: () => void): void {
  useWindowEvent('pageshow', ({ persisted }) => {
    if (persisted) onBack()
  })
}
