/** What a customer can use while a renewal of their plan is unpaid. Free plans are never past due. */
export interface PastDuePolicy {
  /**
   * How many days after the unpaid renewal the customer keeps the plan. `Infinity` never ends the grace period.
   * A subscription without any payment so far has no grace period.
   */
  graceDays: number
  /**
   * What applies after the grace period. `free`: the default plan's grants, once per period, and nothing else.
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
  /** The page where the customer can pay or change the card. */
  upgradeUrl: string
}
