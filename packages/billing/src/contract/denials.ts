/** A meter with too little left for a call. Amounts are units of the meter. */
export interface ShortMeter<Meter extends string = string> {
  meter: Meter
  /** What could be reserved when the call was refused; may be negative. */
  availableBalance: number
  /** Units held by work still running: they may come back. */
  heldBalance: number
  required: number
}

/**
 * Every way billing says no, as the client sees it in `error.data.billing`. One list, shared by server and browser.
 * `asOf` is epoch milliseconds; `retryAfterMs` is a duration.
 */
export type Denial<Meter extends string = string> =
  | ({
      code: 'INSUFFICIENT_CREDITS'
      /** When Flowglad last confirmed the balance. */
      asOf: number
      upgradeUrl: string
      /** Every short meter, when the call spends several; the fields above are those of the first. */
      meters: ShortMeter<Meter>[]
    } & ShortMeter<Meter>)
  | { code: 'NO_SUBSCRIPTION'; upgradeUrl: string }
  | { code: 'FEATURE_NOT_INCLUDED'; feature: string; upgradeUrl: string }
  | { code: 'IN_PROGRESS'; key: string; retryAfterMs: number }
  | { code: 'KEY_REUSED' | 'ALREADY_COMPLETED' | 'KEY_INVALID'; key: string }
  | { code: 'KEY_REQUIRED'; header: string }
  | {
      code: 'BILLING_UNAVAILABLE'
      retryAfterMs: number
      /** There when the work was done and its charge may still come: the same key charges nothing twice. Otherwise nothing was charged. */
      chargeUnconfirmed?: true
    }

/** The code of a denial, such as `INSUFFICIENT_CREDITS`. */
export type DenialCode = Denial['code']
