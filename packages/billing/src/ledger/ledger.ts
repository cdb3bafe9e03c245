import type { DenialCode } from '../contract/denials.ts'
import type { AnswerOf } from './answers.ts'
import type { Command, EventId, Snapshot } from './commands.ts'
import type { Violation } from './core/audit.ts'
import type { Books } from './core/books.ts'
import type { PastDueState } from './core/pastDue.ts'
import type { ActRow, LedgerActRow } from './core/rows.ts'

/**
 * The ledger's interface for the rest of the package. Commands go through one batcher, and reads bypass it.
 * The store opens on the first command or read. Reads and `prune` reject with `LedgerUnavailableError` if the
 * store is unreachable or can't be opened.
 */
export interface Ledger extends AsyncDisposable {
  /**
   * Identifies the store within this process: ledgers with the same address use the same store. The address is
   * the absolute path of a SQLite file, or a PostgreSQL connection string without its password. A `:memory:`
   * ledger, or a `Pool` that the app passes, has a unique name.
   */
  readonly address: string

  /**
   * Queues a command and returns its answer after COMMIT.
   *
   * @throws {InvalidCommandError} if the command is malformed. A malformed command isn't queued.
   * @throws {LedgerUnavailableError} if the queue is full, the ledger is closing, the store stays
   * unreachable, or the store can't be opened.
   */
  execute<C extends Command>(command: C): Promise<AnswerOf[C['type']]>

  /**
   * Calls the listener with each command that this process commits, before the command's caller gets the
   * answer. Watchers and delivery use this method, so callers don't have to notify them of changes. The
   * listener must not throw.
   *
   * @returns a function that removes the listener.
   */
  onCommit(listener: (command: Command) => void): () => void

  /** Returns the customer's balances and plan. */
  balances(customer: string): Promise<CustomerBalances>
  /**
   * Returns the customer's balances and plan after this process's last batch for the customer, without reading
   * the store. Another process may have changed them since. Returns null if this process doesn't remember them,
   * or if the batch started before `since` (`performance.now()`).
   */
  lastCommitted(customer: string, since: number): CustomerBalances | null
  /**
   * Returns a page of charges, newest first. Pass the previous page's cursor, or null for the first page. The
   * last page's cursor is null.
   */
  charges(query: {
    customer: string
    limit: number
    cursor: string | null
  }): Promise<{ charges: Charge[]; cursor: string | null }>
  /**
   * Returns the charges of one customer or of all customers, and reads them page by page. A customer's charges are
   * consecutive, oldest first. The store chooses the order of the customers. A charge that exists from start to end
   * is returned once, in the state that it has when its page is read.
   */
  allCharges(query: { customer: string | null }): AsyncIterable<CustomerCharge>
  /**
   * Returns the units used in the last `days` days, by UTC day (such as `2026-11-22`) and meter, oldest
   * first.
   */
  usage(query: { customer: string; days: number }): Promise<{ day: string; meter: string; amount: number }[]>
  /** Returns the customers' current versions, in a single query. Omits customers without a version. */
  versions(customers: string[]): Promise<Map<string, number>>
  /** Returns up to `limit` customers with a hold that is past its expiry time. */
  customersWithDueHolds(limit: number): Promise<string[]>
  /**
   * Returns up to `limit` customers that have a free lease and an event to deliver. An event is to be delivered if
   * it is waiting, ambiguous, or parked and due for a retry.
   */
  customersToDeliver(limit: number): Promise<string[]>
  /** Returns the customer's open holds, oldest first. */
  holds(customer: string): Promise<Hold[]>
  /** Returns the customer's usage events that Flowglad hasn't acknowledged, oldest first. */
  undelivered(query: { customer: string; limit: number }): Promise<UndeliveredEvent[]>
  /** Returns each customer once, in an order that the store chooses. */
  customers(): AsyncIterable<string>
  /** Returns up to `limit` customers whose IDs start with the text, in the order of their IDs. Omits health probes. */
  findCustomers(query: { startsWith: string; limit: number }): Promise<string[]>
  /** Checks the customer's counters against the rows that they count, and returns the contradictions. */
  audit(customer: string): Promise<Violation[]>
  /** Returns all of the customer's counters, and the rows that they count, at one point in time. */
  books(customer: string): Promise<Books>
  /**
   * Returns the acts of operators on one customer or on all customers, oldest first. Starts after the act `after`.
   * Default: starts with the first act.
   */
  acts(query: { customer: string | null; after?: ActCursor | null }): AsyncIterable<Act>
  /**
   * Adds denials to their counts without waiting for the customers' locks. If the machine crashes, or an answer is
   * lost, some denials count twice or not at all.
   */
  countDenials(denials: DenialCount[]): Promise<void>
  /** Returns the customer's denials of the last day, newest first. */
  denials(customer: string): Promise<DeniedCalls[]>
  /** Returns the acts of operators on the whole ledger, oldest first. */
  ledgerActs(): Promise<LedgerAct[]>
  /** Returns the delivery backlog and the clock's skew, for monitoring. */
  health(): Promise<LedgerHealth>
  /** Returns up to `limit` parked events of all customers. */
  parked(
    limit: number,
  ): Promise<{ customer: string; attempt: string; meter: string; amount: number; reason: string }[]>
  /**
   * Returns how often the store was opened or its connection broke. After each interruption, the store may contain
   * an earlier copy of the ledger.
   */
  interruptions(): number
  /** Returns the ledger's ID. Copies of the ledger have the same ID. */
  id(): Promise<string>
  /** Returns the ledger's ID, and whether it is recovering from a restore. */
  restoreState(): Promise<RestoreState>
  /** Returns the states of these events, in the same order. */
  eventStates(events: (EventId & { customer: string })[]): Promise<KnownEventState[]>
  /**
   * Records that the ledger was restored from a backup. Every customer's next decision waits for a fetch, all
   * leases end, and all versions increase beyond those of the lost rows. With `author`, also records an operator's act.
   */
  markRestored(author?: ActAuthor): Promise<void>
  /** Records that the ledger has recovered all lost events. */
  markRecovered(): Promise<void>
  /**
   * Removes some of the rows whose retention period has ended. Returns whether more such rows might remain.
   */
  prune(): Promise<boolean>
  /** Stops accepting commands, finishes the queued commands and closes the store. */
  close(): Promise<void>
}

/** The record of an operator's act on a customer. */
export type Act = ActRow
/** The record of an operator's act on the whole ledger. */
export type LedgerAct = LedgerActRow

/** The author of an act, and the reason. */
export interface ActAuthor {
  /** The ID of the act's record. */
  id: string
  by: string
  reason: string
}

/** The position of an act in the record. */
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
 * `open`: the ledger has the event, but hasn't recorded that Flowglad has it too. `recovered`: the event was
 * acknowledged after the ledger was restored.
 */
export type KnownEventState = 'missing' | 'open' | 'acknowledged' | 'recovered'

/** The ledger methods that calls use. */
export type LedgerForCalls = Pick<
  Ledger,
  'execute' | 'interruptions' | 'balances' | 'lastCommitted' | 'charges' | 'usage'
>

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
  /** Null before the first fetch. */
  snapshot: {
    subscription: NonNullable<Snapshot['subscription']> | null
    /** When the fetch started, in epoch milliseconds according to the database's clock. */
    asOf: number
    /**
     * The absolute difference between now and `asOf`. If the clock has stepped backward, `asOf` is in the
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

export type ChargeState = 'waiting' | 'delivered' | 'parked' | 'dropped'

export interface Charge {
  /** When the charge was booked, in epoch milliseconds. */
  at: number
  procedure: string
  meter: string
  amount: number
  /** The attempt's ID, which is Flowglad's `transactionId`. */
  transactionId: string
  reference: string | null
  /** The price that Flowglad applied. Null until the charge is delivered. */
  priceId: string | null
  state: ChargeState
  /** The reason, if the charge is unusual: `late`, or why it isn't the cost callback's result. Otherwise null. */
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
  /** Flowglad's reason for rejecting a parked event. Stays set while the event is being retried. */
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
  /** The units that the last of these calls needed on the meter. */
  required: number | null
  /** The units that were available on the meter at the last of these calls. */
  available: number | null
}

/** Denied calls to add to their count. Ages are durations, because a process's clock can differ from the store's. */
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
