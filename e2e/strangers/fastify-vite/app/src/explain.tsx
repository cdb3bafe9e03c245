import type { ReactNode } from 'react'

/** Returns a message that tells the customer why a call failed. */
export function explain(error: { message: string }): ReactNode {
  return error.message
}
