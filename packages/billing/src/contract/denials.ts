import type { BudgetScope, BudgetSource, BudgetWindow } from './budgets.ts'

/** A meter with too few units for a call. Amounts are in the meter's unit. */
export interface ShortMeter<Meter extends string = string> {
  meter: Meter
  /** Units that could be reserved when the call was denied. Can be negative. */
  availableBalance: number
  /** Units held by running work. They are returned if the work fails. */
  heldBalance: number
  required: number
}

/**
 * A denied call, as the client receives it in `error.data.billing`. The server and the browser share this
 * type. `asOf` is in epoch milliseconds, and `retryAfterMs` is a duration.
 */
export type Denial<Meter extends string = string> =
  | ({
      code: 'INSUFFICIENT_CREDITS'
      /** When Flowglad last reported the balance. */
      asOf: number
      upgradeUrl: string
      /** Every meter with too few units. The denial's other fields describe the first of these meters. */
      meters: ShortMeter<Meter>[]
    } & ShortMeter<Meter>)
  /** A renewal of the plan is unpaid, and the grace period is over. */
  | {
      code: 'PAYMENT_OVERDUE'
      /** When the oldest unpaid renewal was due. */
      pastDueSince: number
      graceEndsAt: number
      /** When Flowglad last reported the subscription. */
      asOf: number
      /** The page where the customer can make the payment or change the card. */
      upgradeUrl: string
      /**
       * Every meter with too few units left from the default plan's grant. Empty if the policy denies all
       * calls, or if a toggle feature was denied.
       */
      meters: ShortMeter<Meter>[]
    }
  /** The plan has enough units, but the call would exceed a budget. */
  | {
      code: 'BUDGET_EXCEEDED'
      /** Whether the customer or the plan sets this limit. */
      source: BudgetSource
      meter: Meter
      /** The dimension value to which the budget applies. Null for all of the customer's calls. */
      scope: BudgetScope | null
      /** The budget's limit in each window. */
      limit: number
      /** Units charged in the current window. Can exceed the limit. */
      used: number
      /** Units held by running work that counts against the budget. */
      held: number
      required: number
      window: BudgetWindow
      /** The IANA time zone in which days and months start. Null for other windows. */
      timeZone: string | null
      /** When the window ends. Null if the billing period never ends. */
      resetsAt: number | null
    }
  | { code: 'NO_SUBSCRIPTION'; upgradeUrl: string }
  /** Flowglad has archived the customer. Only the app can recreate the customer. */
  | { code: 'CUSTOMER_ARCHIVED' }
  /** A newer balances stream has replaced this one. To avoid a loop, don't reopen the stream immediately. */
  | { code: 'STREAM_REPLACED' }
  | { code: 'FEATURE_NOT_INCLUDED'; feature: string; upgradeUrl: string }
  | { code: 'IN_PROGRESS'; key: string; retryAfterMs: number }
  | { code: 'KEY_REUSED' | 'ALREADY_COMPLETED' | 'KEY_INVALID'; key: string }
  | { code: 'KEY_REQUIRED'; header: string }
  /** A page on another origin sent the request. `origin` is null if the browser didn't send one. */
  | { code: 'FOREIGN_ORIGIN'; origin: string | null }
  /** A browser prefetched a metered query. */
  | { code: 'PREFETCH' }
  | {
      code: 'BILLING_UNAVAILABLE'
      retryAfterMs: number
      /** Set if the work succeeded and its charge can still be booked. Otherwise, nothing was charged. */
      chargeUnconfirmed?: true
    }

/** A denial's code, such as `INSUFFICIENT_CREDITS`. */
export type DenialCode = Denial['code']
