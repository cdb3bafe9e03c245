import type { ReactNode } from 'react'

/** Returns a customer's explanation of a failed call. */
export function explain(error: { message: string }): ReactNode {
  return error.message
}
