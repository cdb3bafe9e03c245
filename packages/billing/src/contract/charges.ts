/**
 * A usage event as the customer sees it. Times are epoch milliseconds, and amounts are in the meter's unit.
 */
export interface ChargeRow<Meter extends string = string> {
  /** When the charge was booked. */
  at: number
  procedure: string
  meter: Meter
  amount: number
  /** The event's transaction ID at Flowglad. */
  transactionId: string
  /** The ID that the procedure's `reference` callback read from the result. */
  reference: string | null
  /** The ID of the price at which Flowglad recorded the event. null until the event is delivered. */
  priceId: string | null
  state: 'waiting' | 'delivered' | 'parked' | 'dropped'
  /**
   * Whether the charge was booked after its hold had expired, for example because the server was suspended. The
   * held units were available again, so the balance may have become negative.
   */
  isLate: boolean
}

/**
 * The UTC days of a usage query: either the last `days` days including today (1 to 366, default 30), or the days from
 * `from` to `to`, such as `2026-11-22`. The range includes both days, and at most 366 days. Without `to`, it ends today.
 */
export type UsageRange =
  | { days?: number | undefined; from?: undefined; to?: undefined }
  | { from: string; to?: string | undefined; days?: undefined }

/** A usage query: the days, and the dimension by which to break usage down. Default: no dimension. */
export type UsageQuery<Dimension extends string = string> = UsageRange & { by?: Dimension | undefined }

/** A meter's usage on one day. If the query has `by`, the part of this usage that counts under one value. */
export interface UsageDay<Meter extends string = string> {
  /** The day in UTC, such as `2026-11-22`. */
  day: string
  meter: Meter
  amount: number
  /** The value of the dimension `by`, or `other` for all remaining units. Missing if the query has no `by`. */
  value?: string
}

/** One dimension value's usage on one meter and one day. */
export interface UsageByValue<Meter extends string = string> extends UsageDay<Meter> {
  value: string
}
