import type { Base } from './base.ts'

export interface UsageEvent extends Base {
  customerId: string
  subscriptionId: string
  usageMeterId: string
  /** Null after an immediate cancellation and before the first payment: there is no period then. */
  billingPeriodId: string | null
  amount: number
  usageDate: number
  transactionId: string
  priceId: string
  properties: Record<string, unknown>
  pricingModelId: string
}

/** A grant of units. `remaining` is what usage has not consumed yet. */
export interface UsageCredit extends Base {
  subscriptionId: string
  usageMeterId: string
  billingPeriodId: string | null
  issued: number
  remaining: number
  expiresAt: number | null
  expired: boolean
  source: 'plan' | 'adjustment' | 'purchase' | 'overage_settlement'
}

export interface LedgerEntry extends Base {
  subscriptionId: string
  usageMeterId: string
  type: 'credit_grant_recognized' | 'usage_cost' | 'credit_grant_expired'
  /** Signed: grants add, usage and expiry take away. */
  amount: number
  usageEventId: string | null
  usageCreditId: string | null
  priceId: string | null
  /** Of a usage cost: the part that no credit covered and no invoice has settled yet. */
  outstanding: number
  description: string
}

/** Sum of a subscription's ledger entries for one meter: Flowglad's `availableBalance`. */
export interface LedgerAccount extends Base {
  subscriptionId: string
  usageMeterId: string
  balance: number
}
