import type { ReactNode } from 'react'

/** Returns a message that tells the customer why a call failed. */
export function explain(error: unknown): ReactNode {
  return error instanceof Error ? error.message : 'Something went wrong.'
}
