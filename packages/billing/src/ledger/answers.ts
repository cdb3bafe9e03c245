import type { Command, EventId, EventPrice } from './commands.ts'
import type { BudgetRow } from './core/budgetRow.ts'
import type { ActRow } from './core/rows.ts'

/** Maps each type of command to its answer. */
export interface AnswerOf {
  reserve: ReserveAnswer
  renew: RenewAnswer
  settle: SettleAnswer
  findResult: FindResultAnswer
  keepResult: KeepResultAnswer
  release: { state: 'ended' }
  expire: { state: 'swept'; ended: number }
  takeLease: TakeLeaseAnswer
  leaveLease: { state: 'left' }
  install: { state: 'installed' } | { state: 'leaseLost' }
  acknowledge: { state: 'acknowledged' }
  recover: { state: 'recovered'; added: number }
  park: { state: 'parked' }
  operate: OperateAnswer
  setBudget: SetBudgetAnswer
  removeBudget: RemoveBudgetAnswer
  listBudgets: { state: 'listed'; budgets: BudgetStatus[] }
}
export type Answer = AnswerOf[Command['type']]

export type ReserveAnswer =
  | { state: 'held'; subscription: string; expiresInMs: number; snapshotAgeMs: number; outdated: boolean }
  /** An earlier attempt completed the operation. `result` is JSON, or null if the result wasn't kept. */
  | { state: 'completed'; result: string | null }
  /** Another attempt is running under the key. */
  | { state: 'inProgress'; retryAfterMs: number }
  /** The key belongs to an operation with a different input. */
  | { state: 'keyReused' }
  /** Too few units are available. `legs` lists every meter with too few units. */
  | { state: 'short'; legs: ShortLeg[]; asOf: number }
  /**
   * The subscription is past due, and its grace period is over. `legs` lists every meter with too few units
   * left from the default plan's grant. `legs` is empty if the policy denies all calls. Times are epoch
   * milliseconds.
   */
  | { state: 'pastDue'; legs: ShortLeg[]; since: number; graceEndsAt: number; asOf: number }
  /** The plan has enough units, but these budgets don't. */
  | { state: 'overBudget'; budgets: OverBudget[] }
  | { state: 'noSubscription'; asOf: number }
  /**
   * The snapshot is missing, too old, from a period that has ended, or from a backup. Fetch a new snapshot,
   * then reserve again.
   */
  | { state: 'needsSnapshot'; reason: 'none' | 'stale' | 'outdated' }

export interface ShortLeg {
  meter: string
  available: number
  held: number
  required: number
  /**
   * Units that the account and Flowglad's balance might both count as used. If these units cover the
   * shortfall, the call isn't denied for lack of credits.
   */
  ambiguous: number
}

/** A budget, and its units in the current window. */
export interface BudgetStatus
  extends Pick<
    BudgetRow,
    | 'id'
    | 'source'
    | 'meter'
    | 'scope'
    | 'limit'
    | 'used'
    | 'held'
    | 'window'
    | 'timeZone'
    | 'mode'
    | 'thresholds'
  > {
  /** When the window ends, in epoch milliseconds. Null if the billing period never ends. */
  resetsAt: number | null
}

export interface OverBudget extends BudgetStatus {
  required: number
}

export type SetBudgetAnswer =
  | { state: 'set'; id: string }
  /** Nothing was set. Send the command again with `since` as `usedSince`. */
  | { state: 'needsUsage'; since: number }
  /** Nothing was set, because the ledger doesn't know the billing period yet. Fetch a snapshot first. */
  | { state: 'needsSnapshot' }
  | { state: 'tooMany'; atMost: number }

export type RemoveBudgetAnswer = { state: 'removed' } | { state: 'noBudget' }

export type RenewAnswer =
  | { state: 'renewed'; expiresInMs: number }
  /** The hold has reached `maxHoldMs`. Further renewals don't extend the hold. */
  | { state: 'atMaximum'; expiresInMs: number }
  /**
   * The hold has ended. `booked` lists the meters on which expiry has booked units. Units that the work counts
   * later can't be booked on these meters.
   */
  | { state: 'ended'; booked: string[] }

export type SettleAnswer =
  /** `isLate` is set if units were booked even though the hold had expired or had no row. */
  | { state: 'settled'; isLate?: true }
  /** Another attempt under the key completed first. This attempt isn't charged. */
  | { state: 'completed'; result: string | null }

export type FindResultAnswer =
  /** No result is stored. */
  | { state: 'unused' }
  /** `attempt` completed the key. `result` is JSON, or null if the result wasn't kept. */
  | { state: 'completed'; attempt: string; result: string | null }
  /** The key belongs to an operation with a different input. */
  | { state: 'keyReused' }

/** If the answer isn't `kept`, the result was not stored, because the key is already in use. */
export type KeepResultAnswer = { state: 'kept' } | Exclude<FindResultAnswer, { state: 'unused' }>

export type TakeLeaseAnswer =
  /**
   * `ambiguous` lists events that were sent earlier and have an unknown outcome. `events` lists events that
   * this command marked as sent (deliveries only).
   */
  { state: 'taken'; ambiguous: UsageEvent[]; events: UsageEvent[] } | { state: 'busy'; retryAfterMs: number }

/** The outcome of an operator's act. `act` is the act's record. */
export type OperateAnswer =
  | { state: 'done'; act: ActRow }
  /** An earlier command has already performed this act. This command changed nothing. */
  | { state: 'repeated'; act: ActRow }
  | { state: 'refused'; why: Refusal }

/** The reason for refusing an operator's act. A refused act changes nothing, and isn't recorded. */
export type Refusal =
  /** The ledger doesn't have the event, or has pruned it. */
  | 'noEvent'
  /** The event isn't parked, or is being retried now. */
  | 'notParked'
  /** The attempt has no open hold. */
  | 'noHold'
  /** The customer has no current subscription with a balance on the meter. */
  | 'noBalance'
  /** The adjustment would make the period's limit negative. */
  | 'aboveLimit'
  /** The charge was dropped, so it is never billed. */
  | 'dropped'
  /** The charge cost nothing, because the meter was unlimited. */
  | 'unlimited'

/** A usage event with the data that delivery needs. */
export interface UsageEvent extends EventId {
  customer: string
  subscription: string
  amount: number
  price: EventPrice
  /** When the usage was booked, in epoch milliseconds. */
  usageDate: number
  /** True if this is a retry of a parked event. */
  parkedBefore: boolean
  properties: Record<string, string | number | boolean>
}
