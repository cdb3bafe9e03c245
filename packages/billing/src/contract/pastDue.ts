/**
 * Limits what customers can use while a renewal of their plan is unpaid. A free plan is past due only if its
 * overage is unpaid, and then loses only its overage.
 */
export interface PastDuePolicy {
  /**
   * How many days the customer keeps the plan after the unpaid renewal. With `Infinity`, the grace period
   * never ends. A subscription that has never been paid for has no grace period.
   */
  graceDays: number
  /**
   * The limit after the grace period. `free`: the customer gets only the default plan's grants, once per period.
   * `deny`: every call that costs units is denied.
   */
  then: 'free' | 'deny'
}

/** A plan whose renewal is unpaid. Times are epoch milliseconds. */
export interface PastDue {
  /** When the oldest unpaid renewal was due. */
  since: number
  /** When the grace period ends, or has ended. null if it never ends. */
  graceEndsAt: number | null
  /**
   * `grace`: the customer still has the plan. `free`: only the default plan's grants are left. `denied`: every
   * call that costs units is denied.
   */
  state: 'grace' | 'free' | 'denied'
  /** The page where the customer can make the payment or change the card. */
  upgradeUrl: string
}
