import { billingDenial } from '@metered/billing/client'
import type { ReactNode } from 'react'

/** Returns a message that tells the customer why a call failed. */
export function explain(error: unknown): ReactNode {
  if (billingDenial(error)?.code === 'INSUFFICIENT_CREDITS') return <a href="/pricing">Upgrade for more.</a>
  return error instanceof Error ? error.message : 'Something went wrong.'
}
