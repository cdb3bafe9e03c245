/** The billing router's answers: plain JSON, safe for browsers. Times are epoch milliseconds, amounts units of the meter. */

/** By share: `warning` beyond 0.75, `critical` beyond 0.9. `exhausted`: nothing is left, and no work that runs could give units back. */
export type BalanceStatus = 'ok' | 'warning' | 'critical' | 'exhausted' | 'unlimited'

export interface BalanceRow<Meter extends string = string> {
  meter: Meter
  /** The meter's name at Flowglad, else its slug. */
  name: string
  /** Units that can be spent now; null when unlimited. Never below 0 here. */
  available: number | null
  /** Units of work that is running. */
  held: number
  /** Units spent in this period. Never below 0. */
  used: number
  /** Units granted for this period, bought ones included; null when unlimited. */
  limit: number | null
  unlimited: boolean
  /** used / limit, 0 … 1. */
  share: number
  status: BalanceStatus
  /** When the grants renew; null when they do not. */
  renewsAt: number | null
  /** When Flowglad last said what this is reckoned from. */
  asOf: number
  /** Usage events that Flowglad refuses so far. */
  parked: number
  /** That of the whole answer. */
  version: number
}

/** The customer's current subscription. */
export interface PlanSummary {
  name: string
  priceSlug: string | null
  isFree: boolean
  /** Flowglad's status of the subscription, such as `active`. */
  status: string
  /** The end of the current period; null when there is none. */
  renewsAt: number | null
  /** The plan ends then, when a cancellation is scheduled. */
  cancelsAt: number | null
  /** The plan changes then, when a downgrade is scheduled. */
  changesAt: number | null
  /** Toggle features that are on. */
  features: string[]
}

/** What a customer can spend and on which plan, as the ledger knows it at `version`. */
export interface BalancesAnswer<Meter extends string = string> {
  /** Whose these are: the id that the app's `customer` gave. Versions of two customers say nothing about each other. */
  customer: string
  /** Per customer; never falls. A higher version is newer, whichever way it came. */
  version: number
  balances: BalanceRow<Meter>[]
  /** null: no current subscription, or (with `asOf` null) not known yet. */
  plan: PlanSummary | null
  asOf: number | null
}

/** What `refresh` answers, whether or not Flowglad did. */
export interface RefreshedBalances<Meter extends string = string> extends BalancesAnswer<Meter> {
  /** How long ago Flowglad said what this is reckoned from, in milliseconds; null when nothing is known. A duration, since a browser's clock is not the server's. */
  ageMs: number | null
}

/** One usage event, as the ledger booked it. */
export interface ChargeRow<Meter extends string = string> {
  /** When it was booked. */
  at: number
  procedure: string
  meter: Meter
  amount: number
  /** The same as at Flowglad. */
  transactionId: string
  /** The id out of the result that the procedure's `reference` named. */
  reference: string | null
  /** The price Flowglad recorded it on; null until it is delivered. */
  priceId: string | null
  state: 'waiting' | 'delivered' | 'parked' | 'dropped'
}

/** What was spent of one meter on one day. */
export interface UsageDay<Meter extends string = string> {
  /** UTC day, `2026-11-22`. */
  day: string
  meter: Meter
  amount: number
}

/** What a checkout can be started for. */
export interface PlanOffer<Meter extends string = string> {
  /** A plan one subscribes to, or a pack bought once. */
  kind: 'plan' | 'pack'
  name: string
  description: string | null
  priceSlug: string
  /** In the currency's smallest unit (cents). */
  unitPrice: number
  currency: string
  /** How often it is paid; null for a pack. */
  interval: { unit: 'day' | 'week' | 'month' | 'year'; count: number } | null
  isFree: boolean
  grants: { meter: Meter; name: string; amount: number; renews: boolean }[]
  features: { slug: string; name: string }[]
  /** Meters that this plan does not limit. */
  unlimited: Meter[]
  /** What usage beyond the grant costs, on the meters whose limit this plan lets it pass. */
  overage: OveragePrice<Meter>[]
}

export interface OveragePrice<Meter extends string = string> {
  meter: Meter
  /** Slug of the toggle feature that lets usage pass. */
  feature: string
  /** In the currency's smallest unit (cents), for every `perUnits` units of the meter. */
  unitPrice: number
  perUnits: number
  currency: string
}

/** What came of changing, cancelling or resuming a plan. */
export interface PlanChange {
  /** The plan as it stands once the change was asked for. */
  plan: PlanSummary | null
  /** When the change takes effect. */
  effectiveAt: number
}
