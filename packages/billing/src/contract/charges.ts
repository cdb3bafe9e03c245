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
 * `from` to `to`, such as `2026-11-22`, both included. Without `to`, the range ends today. A range has at most 366 days.
 */
export type UsageRange =
  | { days?: number | undefined; from?: undefined; to?: undefined }
  | { from: string; to?: string | undefined; days?: undefined }

/** The usage of one meter on one day. */
export interface UsageDay<Meter extends string = string> {
  /** The day in UTC, such as `2026-11-22`. */
  day: string
  meter: Meter
  amount: number
}
