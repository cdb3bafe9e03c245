/** One usage event as its customer sees it. Times are epoch milliseconds, amounts are in the meter's unit. */
export interface ChargeRow<Meter extends string = string> {
  /** When it was booked. */
  at: number
  procedure: string
  meter: Meter
  amount: number
  /** The event's transaction ID, the same as at Flowglad. */
  transactionId: string
  /** The ID that the procedure's `reference` took from the result. */
  reference: string | null
  /** The price that Flowglad recorded it on. null until it is delivered. */
  priceId: string | null
  state: 'waiting' | 'delivered' | 'parked' | 'dropped'
}

/** The units of one meter that were used on one day. */
export interface UsageDay<Meter extends string = string> {
  /** The day in UTC, such as `2026-11-22`. */
  day: string
  meter: Meter
  amount: number
}
