import { useWindowEvent } from '@mantine/hooks'

/** For whoever leaves a hosted checkout with the browser's Back: it may show this page as it was left, its button still opening what is left. */
export function useBackFromCheckout(onBack: () => void): void {
  useWindowEvent('pageshow', ({ persisted }) => {
    if (persisted) onBack()
  })
}
