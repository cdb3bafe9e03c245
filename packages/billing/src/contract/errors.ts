import type { Denial, ShortMeter } from './denials.ts'

/** The error for a denied call. The client receives `denial` in `error.data.billing`. */
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

/** The customer has too few units for the call. Nothing is held or charged. */
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

/** The amount isn't an integer, is below the minimum, or exceeds 2^31−1 (Flowglad stores int32). */
export class InvalidAmountError extends Error {
  override readonly name = 'InvalidAmountError'
}

/** The result can't be serialized, so the client can't receive it. The call isn't charged. */
export class UnserializableResultError extends Error {
  override readonly name = 'UnserializableResultError'
}

/**
 * The reason for ending a stream early. `shutdown`: the process is stopping. `expired`: the stream's hold expired
 * and was charged, so no more units could be charged.
 */
export type StreamStop = 'shutdown' | 'expired'

/**
 * The server has ended a stream early. The units that the stream has counted are charged. If it has counted
 * none, the meter's `onExpiry` determines the charge.
 */
export class StreamStoppedError extends Error {
  override readonly name = 'StreamStoppedError'
  constructor(why: StreamStop = 'shutdown') {
    const cause = why === 'shutdown' ? 'The server is stopping' : "The output's reservation has expired"
    super(`${cause}, so the output ends early. Please try again.`)
  }
}

/**
 * The reason for treating a session as over. `ended`: the session has ended, or belongs to another customer.
 * `unchecked`: reading the session has failed for too long.
 */
export type SessionEnd = 'ended' | 'unchecked'

/** The session of an open stream or WebSocket connection is over. A stream is charged as if its reader had left. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError'
  constructor(readonly reason: SessionEnd) {
    super(
      reason === 'ended'
        ? 'Your session has ended. Sign in again.'
        : "Your session can't be checked right now. Try again in a moment.",
    )
  }
}

/** The plan can't be purchased or changed as requested. The message is written for the customer. */
export class PlanChangeError extends Error {
  override readonly name = 'PlanChangeError'
  /** Whether the plan may have changed or a payment may have been made. If false, nothing was charged. */
  readonly mayHaveCharged: boolean
  constructor(
    message: string,
    { mayHaveCharged = false, ...options }: ErrorOptions & { mayHaveCharged?: boolean } = {},
  ) {
    super(message, options)
    this.mayHaveCharged = mayHaveCharged
  }
}

/** The budget can't be set or removed. The message is written for the customer. Nothing was changed. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
  /** True if the caller isn't allowed to change the customer's budgets. */
  readonly isForbidden: boolean
  constructor(message: string, { isForbidden = false } = {}) {
    super(message)
    this.isForbidden = isForbidden
  }
}

/** Returns the denial for a request that billing can't handle right now. Nothing is charged. */
export const unavailable = (retryAfterMs: number, cause?: unknown) =>
  new BillingError(
    { code: 'BILLING_UNAVAILABLE', retryAfterMs },
    'Billing is not available right now. Nothing was charged; please try again.',
    { cause },
  )

/**
 * Returns the error for work that succeeded but whose charge isn't durable yet. The charge can still be
 * booked.
 */
export const unconfirmed = (retryAfterMs: number, cause?: unknown) =>
  new BillingError(
    { code: 'BILLING_UNAVAILABLE', retryAfterMs, chargeUnconfirmed: true },
    'The work is done, but its charge is not confirmed yet. You can try again with the same idempotency key: you are charged at most once.',
    { cause },
  )

/** Creates the denial for the oldest balances stream when a newer one takes its place. */
export const streamReplaced = () =>
  new BillingError(
    { code: 'STREAM_REPLACED' },
    'A newer balances stream has replaced this one. Read the balances from time to time, or open the stream again when the user returns to the page.',
  )

/** Creates the denial for a plan whose renewal is unpaid. */
export const paymentOverdue = (overdue: {
  since: number
  graceEndsAt: number
  asOf: number
  billingUrl: string
  meters: ShortMeter[]
}) =>
  new BillingError(
    {
      code: 'PAYMENT_OVERDUE',
      pastDueSince: overdue.since,
      graceEndsAt: overdue.graceEndsAt,
      asOf: overdue.asOf,
      upgradeUrl: overdue.billingUrl,
      meters: overdue.meters,
    },
    'The payment for your plan is overdue. Nothing was charged; make the payment or change your card to continue.',
  )

/** Creates the denial for a customer that Flowglad has archived. */
export const customerArchived = () =>
  new BillingError(
    { code: 'CUSTOMER_ARCHIVED' },
    'This customer is archived at Flowglad. The server can create the customer again with billing.recreateCustomer.',
  )
