import { useEffect, useRef } from 'react'

/** Calls `onChange` when the page starts to show a customer other than the provider's. */
export function useCustomerChange(
  given: string | null,
  shown: string | null,
  onChange: ((customer: string) => void) | undefined,
): void {
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  useEffect(() => {
    if (shown !== null && shown !== given) latest.current?.(shown)
  }, [given, shown])
}
