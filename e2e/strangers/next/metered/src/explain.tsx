import { billingDenial } from '@metered/billing/client'
import type { ReactNode } from 'react'

/** Returns the message that explains a failed call to the customer. */
export function explain(error: unknown): ReactNode {
  if (billingDenial(error)?.code === 'INSUFFICIENT_CREDITS') return <a href="/pricing">Upgrade for more.</a>
  return error instanceof Error ? error.message : 'Something went wrong.'
}
