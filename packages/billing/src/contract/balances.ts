import type { PlanSummary } from './plans.ts'

/**
 * The state of a balance by the share used: `warning` above 0.75, `critical` above 0.9. `exhausted` means
 * that nothing is left and that no running work can return units.
 */
export type BalanceStatus = 'ok' | 'warning' | 'critical' | 'exhausted' | 'unlimited'

/** A customer's balance on one meter. Amounts are in the meter's unit, times are epoch milliseconds. */
export interface BalanceRow<Meter extends string = string> {
  meter: Meter
  /** The meter's name at Flowglad, or its slug while the name isn't known. */
  name: string
  /** Units that can be spent now, at least 0. null if unlimited. */
  available: number | null
  /** Units that running work holds. */
  held: number
  /** Units spent in this period, at least 0. */
  used: number
  /** Units granted for this period, including bought ones. null if unlimited. */
  limit: number | null
  unlimited: boolean
  /** used / limit, from 0 to 1. */
  share: number
  status: BalanceStatus
  /** When the grants renew. null if they don't. */
  renewsAt: number | null
  /** When Flowglad last reported the balance. */
  asOf: number
  /** The number of usage events that Flowglad keeps rejecting. */
  parked: number
  /** The version of the whole answer. */
  version: number
}

/** A customer's balances and plan, as of `version`. */
export interface BalancesAnswer<Meter extends string = string> {
  /** The ID that the app's `customer` returned. Versions of different customers can't be compared. */
  customer: string
  /** Per customer. It never falls, so the higher version is the newer answer. */
  version: number
  balances: BalanceRow<Meter>[]
  /** null without a current subscription, or (if `asOf` is null) while it isn't known. */
  plan: PlanSummary | null
  asOf: number | null
}

/** The result of `refresh`, whether or not Flowglad could be reached. */
export interface RefreshedBalances<Meter extends string = string> extends BalancesAnswer<Meter> {
  /**
   * The age of Flowglad's report in milliseconds, null if there is none. A duration, because the browser's clock differs from
   * the server's.
   */
  ageMs: number | null
}
