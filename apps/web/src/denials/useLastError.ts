import { useState } from 'react'

/**
 * Returns a query's error until the query has data. Without this hook, a section would show its placeholder during each
 * retry, because TanStack Query removes the error when a retry starts.
 */
export function useLastError<Failure extends object>({
  data,
  error,
}: {
  data: unknown
  error: Failure | null
}): Failure | null {
  const [last, setLast] = useState<Failure | null>(null)
  const shown = data === undefined ? (error ?? last) : null
  if (shown !== last) setLast(shown)
  return shown
}
