import type { AnswerOf, Command, Snapshot } from './commands.ts'

/**
 * The ledger as the rest of the package sees it. Commands go through one batcher; reads run beside it. A read or a `prune` rejects
 * with `LedgerUnavailableError` if the store is unreachable.
 */
export interface Ledger extends AsyncDisposable {
  /**
   * Queues a command and returns its answer after COMMIT.
   *
   * @throws {InvalidCommandError} if the command is malformed. It isn't queued.
   * @throws {LedgerUnavailableError} if the queue is full, the ledger is closing, or the store stays unreachable.
   */
  execute<C extends Command>(command: C): Promise<AnswerOf[C['type']]>

  /**
   * Calls the listener with each command that this process commits, after COMMIT and before the command's caller gets the answer. Watching
   * and delivery listen here, so callers don't have to report changes. The listener must not throw.
   *
   * @returns a function that unsubscribes.
   */
  onCommit(listener: (command: Command) => void): () => void

  /** Returns what the customer can spend. */
  balances(customer: string): Promise<CustomerBalances>
  /** Returns a page of charges, newest first. Pass the previous page's cursor, or null for the first. The last page's cursor is null. */
  charges(query: {
    customer: string
    limit: number
    cursor: string | null
  }): Promise<{ charges: Charge[]; cursor: string | null }>
  /** Returns the units by UTC day (`2026-11-22`) and meter of the last `days` days, oldest first. */
  usage(query: { customer: string; days: number }): Promise<{ day: string; meter: string; amount: number }[]>
  /** Returns the current version of each customer that has one, in a single query. */
  versions(customers: string[]): Promise<Map<string, number>>
  /** Returns customers that have a hold past its expiry time. */
  customersWithDueHolds(limit: number): Promise<string[]>
  /** Returns customers that have usage events to deliver now (waiting, ambiguous, or parked and due) and a free lease. */
  customersToDeliver(limit: number): Promise<string[]>
  /** Returns the numbers that operators monitor. */
  health(): Promise<LedgerHealth>
  /** Returns the parked events of all customers. */
  parked(
    limit: number,
  ): Promise<{ customer: string; attempt: string; meter: string; amount: number; reason: string }[]>
  /** Removes some of the rows whose retention is over. Returns whether more remain. */
  prune(): Promise<boolean>
  /** Stops accepting commands, finishes the queued ones and closes the store. */
  close(): Promise<void>
}

/** One customer's balances and plan. Read from written rows only, so equal versions mean equal content. */
export interface CustomerBalances {
  /** Rises with every written change and never falls. 0 if the ledger has no rows for the customer. */
  version: number
  /** Null if nothing was fetched yet. */
  snapshot: {
    subscription: NonNullable<Snapshot['subscription']> | null
    /** When Flowglad was asked, epoch milliseconds of the database's clock. */
    asOf: number
    ageMs: number
    periodOver: boolean
    /** True if Flowglad, asked after the period's end, still reported that period. */
    periodChecked: boolean
  } | null
  /** One per meter that the snapshot or an account names. */
  balances: Balance[]
}

/** The balance of one meter, in its smallest unit. */
export interface Balance {
  meter: string
  /** Units that may still be reserved. Negative after a settle that was late or exceeded its hold. */
  available: number
  /** Units of running work. */
  held: number
  /** Units of `limit` spent in this period. */
  used: number
  limit: number
  /** The number of usage events that Flowglad rejects. */
  parked: number
}

export type ChargeState = 'waiting' | 'delivered' | 'parked' | 'dropped'

export interface Charge {
  /** When it was booked, epoch milliseconds. */
  at: number
  procedure: string
  meter: string
  amount: number
  /** The attempt's ID, which is Flowglad's `transactionId`. */
  transactionId: string
  reference: string | null
  /** The price that Flowglad resolved. Null until delivered. */
  priceId: string | null
  state: ChargeState
  /** Why the amount differs from what the app's cost callback returned. Null if it doesn't. */
  flagged: string | null
}

export interface LedgerHealth {
  /** The number of usage events not yet acknowledged, excluding parked ones. */
  waiting: number
  /** The age of the oldest waiting event. 0 if there are none. */
  oldestWaitingMs: number
  /** The number of parked events. */
  parked: number
}
