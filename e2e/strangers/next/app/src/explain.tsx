import type { ReactNode } from 'react'

/** Returns a customer's explanation of a failed call. */
export function explain(error: unknown): ReactNode {
  return error instanceof Error ? error.message : 'Something went wrong.'
}
