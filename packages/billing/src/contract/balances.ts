import type { PlanSummary } from './plans.ts'

/**
 * The state of a balance. `warning` means that more than 75% is used, and `critical` more than 90%.
 * `exhausted` means that no units are left and that held units can't become available. A balance with overage
 * is never `exhausted`.
 */
export type BalanceStatus = 'ok' | 'warning' | 'critical' | 'exhausted' | 'unlimited'

/** A customer's balance on one meter. Amounts are in the meter's unit, and times are epoch milliseconds. */
export interface BalanceRow<Meter extends string = string> {
  meter: Meter
  /** The meter's name at Flowglad, or its slug while the name isn't known. */
  name: string
  /** Units that can be spent now. Never negative. null if unlimited. */
  available: number | null
  /** Units that running work holds. */
  held: number
  /** Units spent in this period. Never negative. */
  used: number
  /** Units granted for this period, including purchased units and `adjusted`. null if unlimited. */
  limit: number | null
  /**
   * Units that operators added in this period. Negative if operators subtracted units. Added units are spent
   * last, and expire when the period ends.
   */
  adjusted: number
  unlimited: boolean
  /** used / limit, from 0 to 1. 0 if unlimited, and 1 if the limit is 0. */
  share: number
  status: BalanceStatus
  /** When the grants renew. null if the grants don't renew, or if there are no grants. */
  renewsAt: number | null
  /** When Flowglad last reported the balance. */
  asOf: number
  /** The number of usage events that Flowglad keeps rejecting. */
  parked: number
  /** The version of the response that contains this row. */
  version: number
}

/** A customer's balances and plan, as of `version`. */
export interface BalancesAnswer<Meter extends string = string> {
  /** The ID that the app's `customer` option returned. Versions of different customers can't be compared. */
  customer: string
  /**
   * The version of this customer's data. Of two responses to overlapping requests, the one with the higher
   * version is newer. The version decreases only if the ledger is restored from a backup.
   */
  version: number
  balances: BalanceRow<Meter>[]
  /**
   * null if there is no current subscription, or if there is no snapshot yet. Without a snapshot, `asOf` is
   * null too.
   */
  plan: PlanSummary | null
  asOf: number | null
  /** The time of the customer's newest alert. Changes with each new alert. 0 if there is none. */
  lastAlertAt: number
}

/** The result of `refresh`. If Flowglad can't be reached, these are the last known balances. */
export interface RefreshedBalances<Meter extends string = string> extends BalancesAnswer<Meter> {
  /**
   * The age of Flowglad's last report in milliseconds, or null if there is no report. This is a duration
   * rather than a time, because the browser's clock may differ from the server's clock.
   */
  ageMs: number | null
}
