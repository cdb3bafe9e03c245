import type { PastDuePolicy } from '../contract/pastDue.ts'
import type { PastDueRule } from '../ledger/commands.ts'

/** The terms that apply while a renewal is unpaid. */
export interface PastDueTerms {
  /** The rule that reserve commands contain. Undefined if the grace period never ends. */
  rule: PastDueRule | undefined
  /** The page where the customer can make the payment or change the card. */
  billingUrl: string
}

const dayMs = 24 * 3_600_000

/**
 * Returns the terms of a policy. Default: customers keep the plan for 7 days, and then get only the default
 * plan's grants.
 */
export function pastDueTerms(policy: PastDuePolicy | undefined, billingUrl: string): PastDueTerms {
  const graceMs = (policy?.graceDays ?? 7) * dayMs
  const rule = { graceMs, leaves: policy?.then === 'deny' ? 'none' : 'free' } as const
  return { rule: Number.isFinite(graceMs) ? rule : undefined, billingUrl }
}
