import { useWindowEvent } from '@mantine/hooks'

/**
 * Calls `onBack` when the Back button restores this page from the browser's cache. The checkout button is
 * then still busy.
 */
export function useBackFromCheckout(onBack: () => void): void {
  useWindowEvent('pageshow', ({ persisted }) => {
    if (persisted) onBack()
  })
}
