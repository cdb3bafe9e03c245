import { useWindowEvent } from '@mantine/hooks'

/**
 * Calls `onBack` when the Back button restores this page from the browser's cache. On the restored page, the
 * checkout button is still busy.
 */
export function useBackFromCheckout(onBack: () => void): void {
  useWindowEvent('pageshow', ({ persisted }) => {
    if (persisted) onBack()
  })
}
