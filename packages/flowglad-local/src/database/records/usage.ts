import type { Base } from './base.ts'

export interface UsageEvent extends Base {
  customerId: string
  subscriptionId: string
  usageMeterId: string
  /**
   * Null if there is no current period, for example after an immediate cancellation or before the first
   * payment.
   */
  billingPeriodId: string | null
  amount: number
  usageDate: number
  transactionId: string
  priceId: string
  properties: Record<string, unknown>
  pricingModelId: string
}

/** A grant of units. `remaining` is the number of units that usage hasn't consumed. */
export interface UsageCredit extends Base {
  subscriptionId: string
  usageMeterId: string
  billingPeriodId: string | null
  issued: number
  remaining: number
  expiresAt: number | null
  expired: boolean
  source: 'plan' | 'adjustment' | 'purchase' | 'overage_settlement' | 'dashboard'
  /** The feature for which an adjustment granted the credits, or null if the credits have another source. */
  featureId: string | null
}

export interface LedgerEntry extends Base {
  subscriptionId: string
  usageMeterId: string
  type: 'credit_grant_recognized' | 'usage_cost' | 'credit_grant_expired'
  /** Positive for grants, negative for usage and expiry. */
  amount: number
  usageEventId: string | null
  usageCreditId: string | null
  priceId: string | null
  description: string
}

/**
 * A subscription's account for one meter. `balance` is the sum of the account's ledger entries. Flowglad calls it
 * `availableBalance`.
 */
export interface LedgerAccount extends Base {
  subscriptionId: string
  usageMeterId: string
  balance: number
  /** The usage, by price ID, that no credit has covered and no invoice has settled. */
  outstanding: Record<string, number>
}
