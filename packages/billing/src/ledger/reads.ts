import type { DenialCode } from '../contract/denials.ts'
import type { Snapshot } from './commands.ts'
import type { AlertRow } from './core/alertRow.ts'
import type { DailyLabelRow } from './core/labelRows.ts'
import type { PastDueState } from './core/pastDue.ts'
import type { ActRow, LedgerActRow } from './core/rows.ts'

// The data that the ledger's reads return.

/** The record of an operator's act on a customer. */
export type Act = ActRow
/** The record that a customer has reached a threshold of a budget or of the plan's grant. */
export type Alert = Omit<AlertRow, 'deliverAt' | 'deliveries'>
/** An alert, and when its next delivery is due. */
export type DueAlert = AlertRow
/** The record of an operator's act on the whole ledger. */
export type LedgerAct = LedgerActRow

/** A customer's units under one dimension value on one UTC day, such as `2026-11-22`. */
export type DailyLabel = DailyLabelRow

/** Identifies an act's record, and contains the operator and the reason. */
export interface ActAuthor {
  /** The ID of the act's record. */
  id: string
  /** The operator's name. */
  by: string
  reason: string
}

/** The position of an act in the list of acts. */
export type ActCursor = Pick<Act, 'at' | 'customer' | 'id'>

export interface RestoreState {
  /** Copies of the ledger have the same ID. */
  ledger: string
  /**
   * The ledger hasn't pruned any event that Flowglad has recorded since this time (epoch milliseconds on Flowglad's
   * clock).
   */
  keepsEventsSince: number
  /** Whether the ledger was restored, and may lack usage events that Flowglad has. */
  isRecovering: boolean
  /** Whether operations whose keys were lost in the restore are recognized by their IDs. */
  recognizesKeys: boolean
}

/**
 * `open`: the ledger has the event, but hasn't recorded that Flowglad has the event too. `recovered`: the
 * event was acknowledged after the ledger was restored.
 */
export type KnownEventState = 'missing' | 'open' | 'acknowledged' | 'recovered'

/**
 * One customer's balances and plan. The data changes only when the version changes, except for values that
 * depend on the current time.
 */
export interface CustomerBalances {
  /**
   * Increases with each change to the customer's rows, and decreases only if the ledger is restored from a
   * backup. 0 if the ledger has no rows for the customer.
   */
  version: number
  /** Changes with each new alert. 0 if there is none. */
  lastAlertAt: number
  /** Null before the first fetch. */
  snapshot: {
    subscription: NonNullable<Snapshot['subscription']> | null
    /** When the fetch started, in epoch milliseconds according to the database's clock. */
    asOf: number
    /**
     * The absolute difference between now and `asOf`. If the clock has stepped backward, `asOf` can be in the
     * future.
     */
    ageMs: number
    /**
     * Whether Flowglad may have newer data: the snapshot's period has ended, or the snapshot comes from a backup of
     * the ledger.
     */
    outdated: boolean
    /** Whether the snapshot is outdated and no later fetch has checked it. */
    needsFetch: boolean
    /** Null if the subscription isn't past due. */
    pastDue: PastDueState | null
    /** The balances that the customer would have with only the default plan's grants. */
    free: Balance[]
  } | null
  /** One balance for each meter that has an account. */
  balances: Balance[]
}

/** One meter's balance, in the meter's smallest unit. */
export interface Balance {
  meter: string
  /**
   * Units that can still be reserved. Can be negative after a late settle, or after a settle that exceeded
   * its hold.
   */
  available: number
  /** Units held by running work. */
  held: number
  /** The units of `limit` that were spent in this period. */
  used: number
  /** Units that the customer can use in this period. Includes `adjusted`. */
  limit: number
  /** The units that operators have added in this period, minus those that they have subtracted. */
  adjusted: number
  /** The number of usage events that Flowglad has rejected repeatedly. */
  parked: number
}

/**
 * A range of UTC days: either the last `days` days, including today according to the store's clock, or the days from
 * `from` to `to`, including both. A day has the form `2026-11-22`. If `to` is null, the range has no end.
 */
export type UsageDays = { days: number } | { from: string; to: string | null }

export type ChargeState = 'waiting' | 'delivered' | 'parked' | 'dropped'

export interface Charge {
  /** When the charge was booked, in epoch milliseconds. */
  at: number
  procedure: string
  meter: string
  amount: number
  /** The attempt's ID, also used as Flowglad's `transactionId`. */
  transactionId: string
  reference: string | null
  /** The price that Flowglad applied. Null until the charge is delivered. */
  priceId: string | null
  state: ChargeState
  /**
   * The reason, if the charge is unusual: `late`, or why the amount isn't the cost callback's result.
   * Otherwise null.
   */
  flagged: string | null
}

/** A charge with the account on which it was booked. */
export interface CustomerCharge extends Charge {
  customer: string
  subscription: string
}

/** Units that running work holds. Times are epoch milliseconds. */
export interface Hold {
  attempt: string
  procedure: string
  subscription: string
  legs: { meter: string; amount: number }[]
  /** The units that a running stream has counted so far. */
  counted: { meter: string; amount: number }[]
  startedAt: number
  expiresAt: number
}

/** A usage event in the outbox. Times are epoch milliseconds. */
export interface UndeliveredEvent {
  attempt: string
  meter: string
  amount: number
  procedure: string
  at: number
  state: 'waiting' | 'sent' | 'parked'
  /** Flowglad's reason for rejecting a parked event. The reason isn't cleared when the event is retried. */
  reason: string | null
  /** When a parked event is due for a retry. */
  retryAt: number | null
}

/** Denied calls of one customer that have the same procedure and reason. */
interface DenialKind {
  procedure: string
  /** The meter with too few units, if that is the reason. */
  meter: string | null
  /** The toggle feature that the plan lacks, if that is the reason. */
  feature: string | null
  count: number
  /** The units that the last of these calls required on the meter. */
  required: number | null
  /** The units that were available on the meter at the last of these calls. */
  available: number | null
}

/**
 * Denied calls to add to the ledger's counts. Times are given as ages, because a process's clock can differ
 * from the store's clock.
 */
export interface DenialCount extends DenialKind {
  customer: string
  code: DenialCode
  firstMsAgo: number
  lastMsAgo: number
}

/** Denied calls in the ledger. Times are epoch milliseconds. */
export interface DeniedCalls extends DenialKind {
  /** A `DenialCode`. A newer release can write a code that this release doesn't know. */
  code: string
  firstAt: number
  lastAt: number
}

export interface LedgerHealth {
  /** The number of usage events that Flowglad hasn't acknowledged, excluding parked events. */
  waiting: number
  /** The age of the oldest waiting event. 0 if no event is waiting or if the event's time is in the future. */
  oldestWaitingMs: number
  parked: number
  /**
   * How far the store's clock is behind the later of two times: the latest time that this process has read from
   * the clock, and the time of the newest undelivered event. 0 unless the clock has stepped backward.
   */
  skewMs: number
}
