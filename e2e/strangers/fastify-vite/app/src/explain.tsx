import type { ReactNode } from 'react'

/** Returns the message that explains a failed call to the customer. */
export function explain(error: { message: string }): ReactNode {
  return error.message
}
