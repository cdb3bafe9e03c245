import type { Denial, ShortMeter } from './denials.ts'

/** Billing said no: `denial` is what the client sees. */
export class BillingError extends Error {
  override readonly name: string = 'BillingError'
  constructor(
    readonly denial: Denial,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The customer cannot pay for this call. Nothing was held, nothing charged. */
export class InsufficientCreditsError extends BillingError {
  override readonly name = 'InsufficientCreditsError'
  constructor(
    readonly meterSlug: string,
    readonly availableBalance: number,
    readonly required: number,
    detail: { heldBalance?: number; asOf?: number; upgradeUrl?: string; meters?: ShortMeter[] } = {},
  ) {
    const first = { meter: meterSlug, availableBalance, heldBalance: detail.heldBalance ?? 0, required }
    super(
      {
        code: 'INSUFFICIENT_CREDITS',
        ...first,
        asOf: detail.asOf ?? 0,
        upgradeUrl: detail.upgradeUrl ?? '/pricing',
        meters: detail.meters ?? [first],
      },
      `Insufficient credits for ${meterSlug}. Available: ${availableBalance}, Required: ${required}`,
    )
  }
}

/** An amount that no meter can count: not an integer, below the least allowed, or beyond int32 (Flowglad stores int32). */
export class InvalidAmountError extends Error {
  override readonly name = 'InvalidAmountError'
}

/** The work's result cannot be sent to the client, so it was not charged. */
export class UnserializableResultError extends Error {
  override readonly name = 'UnserializableResultError'
}

export const unavailable = (retryAfterMs: number, cause?: unknown) =>
  new BillingError(
    { code: 'BILLING_UNAVAILABLE', retryAfterMs },
    'Billing is not available right now. Nothing was charged; please try again.',
    { cause },
  )

/** The work is done and its charge may still be booked, so "nothing was charged" would be a lie. */
export const unconfirmed = (retryAfterMs: number, cause?: unknown) =>
  new BillingError(
    { code: 'BILLING_UNAVAILABLE', retryAfterMs, chargeUnconfirmed: true },
    'The work is done, but its charge is not confirmed yet. Trying again under the same idempotency key charges nothing twice.',
    { cause },
  )

/** The plan cannot be bought or changed like that; the message is for the customer. */
export class PlanChangeError extends Error {
  override readonly name = 'PlanChangeError'
}
