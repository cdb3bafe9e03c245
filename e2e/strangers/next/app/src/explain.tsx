import type { ReactNode } from 'react'

/** Returns the message that explains a failed call to the customer. */
export function explain(error: unknown): ReactNode {
  return error instanceof Error ? error.message : 'Something went wrong.'
}
