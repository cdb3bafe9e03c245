import type { AnswerOf, Command, Snapshot } from './commands.ts'

/** What one customer can spend of one meter, read from written rows only: equal versions mean equal content. */
export interface Balance {
  meter: string
  /** Units that may still be reserved; can be negative after a late or larger settle. */
  available: number
  /** Units of work that is running. */
  held: number
  /** Units spent of `limit` in this period. */
  used: number
  limit: number
  /** Usage events of this account that Flowglad will not take. */
  parked: number
}

export interface CustomerBalances {
  /** Rises with every written change of the customer, and never falls. 0: the ledger has not met the customer. */
  version: number
  /** null: no snapshot yet. */
  snapshot: {
    subscription: NonNullable<Snapshot['subscription']> | null
    /** When Flowglad said so, epoch milliseconds of the database's clock. */
    asOf: number
    ageMs: number
    periodOver: boolean
    /** Flowglad was asked after that end, and still reported the period that is over. */
    periodChecked: boolean
  } | null
  /** One for each meter that the snapshot or an account names. */
  balances: Balance[]
}

export type ChargeState = 'waiting' | 'delivered' | 'parked' | 'dropped'

export interface Charge {
  /** When it was booked, epoch milliseconds. */
  at: number
  procedure: string
  meter: string
  amount: number
  /** The attempt: Flowglad's `transactionId`. */
  transactionId: string
  reference: string | null
  /** The price Flowglad resolved; null until delivered. */
  priceId: string | null
  state: ChargeState
  flagged: string | null
}

export interface LedgerHealth {
  /** Usage events not yet acknowledged, without the parked. */
  waiting: number
  /** Age of the oldest of them, 0 when there is none. */
  oldestWaitingMs: number
  parked: number
}

/** The ledger as the rest of the package sees it: commands through one batcher, reads beside it. */
export interface Ledger extends AsyncDisposable {
  /**
   * Queues a command; resolves after COMMIT. Rejects with `LedgerUnavailableError` when the queue is full, the ledger is closing or the
   * store stays out of reach, with `InvalidCommandError` before queueing when the command is malformed.
   */
  execute<C extends Command>(command: C): Promise<AnswerOf[C['type']]>

  /**
   * Calls the listener with each command of this process, right after its COMMIT and before its caller gets the answer.
   * Watching and delivery listen here, so no caller has to tell them about a change. Returns a function that unsubscribes.
   */
  onCommit(listener: (command: Command) => void): () => void

  balances(customer: string): Promise<CustomerBalances>
  /** Newest first. `cursor` is that of the page before, null for the first; the answer's is null on the last. */
  charges(query: {
    customer: string
    limit: number
    cursor: string | null
  }): Promise<{ charges: Charge[]; cursor: string | null }>
  /** Units by UTC day (`2026-11-22`) and meter, oldest first, for the last `days` days. */
  usage(query: { customer: string; days: number }): Promise<{ day: string; meter: string; amount: number }[]>
  /** Of these customers, the current versions: one query however many. */
  versions(customers: string[]): Promise<Map<string, number>>
  /** Customers with a hold past its time. */
  customersWithDueHolds(limit: number): Promise<string[]>
  /** Customers with usage events to deliver now (waiting, ambiguous, or parked and due), whose lease is free. */
  customersToDeliver(limit: number): Promise<string[]>
  health(): Promise<LedgerHealth>
  /** Parked events of everybody, for an operator. */
  parked(
    limit: number,
  ): Promise<{ customer: string; attempt: string; meter: string; amount: number; reason: string }[]>
  /** Removes some of what is past its retention; true while there is more. Reads and this reject with `LedgerUnavailableError` when the store is out of reach. */
  prune(): Promise<boolean>
  /** Stops taking commands, finishes those queued, closes the store. */
  close(): Promise<void>
}
