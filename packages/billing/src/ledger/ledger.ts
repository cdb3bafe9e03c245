import type { AnswerOf } from './answers.ts'
import type { Command, EventId } from './commands.ts'
import type { Violation } from './core/audit.ts'
import type { Books } from './core/books.ts'
import type {
  Act,
  ActAuthor,
  ActCursor,
  Alert,
  Charge,
  CustomerBalances,
  CustomerCharge,
  DailyLabel,
  DenialCount,
  DeniedCalls,
  DueAlert,
  Hold,
  KnownEventState,
  LedgerAct,
  LedgerHealth,
  RestoreState,
  UndeliveredEvent,
  UsageDays,
} from './reads.ts'

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
   * answer. Watchers and delivery learn of changes through this method, so the callers of `execute` don't
   * have to notify them. The listener must not throw.
   *
   * @returns a function that removes the listener.
   */
  onCommit(listener: (command: Command) => void): () => void

  /** Returns the customer's balances and plan. */
  balances(customer: string): Promise<CustomerBalances>
  /**
   * Returns the customer's balances and plan as of this process's last batch for the customer, without
   * reading the store. Another process may have changed the data since then. Returns null if this process
   * doesn't remember the data, or if the batch started before `since` (`performance.now()`).
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
   * Reads one customer's or all customers' charges, page by page. A customer's charges are
   * consecutive, oldest first. The store chooses the order of the customers. A charge that exists
   * throughout the read is returned once, in the state that it has when its page is read.
   */
  allCharges(query: { customer: string | null }): AsyncIterable<CustomerCharge>
  /**
   * Returns the units used on the given days, by UTC day (such as `2026-11-22`) and meter, oldest first. Omits days
   * without usage.
   */
  usage(query: { customer: string } & UsageDays): Promise<{ day: string; meter: string; amount: number }[]>
  /**
   * Returns the meters' units on the given days, by UTC day, meter and value of the dimension, oldest first. On
   * each meter, the 100 values with the most units have their own rows. The other units have the value `other`.
   */
  usageByValue(
    query: { customer: string; dimension: string; meters: string[] } & UsageDays,
  ): Promise<{ day: string; meter: string; value: string; amount: number }[]>
  /** Reads the customer's units by day, meter, dimension and value, page by page. Omits units without a value. */
  dailyLabels(customer: string): AsyncIterable<DailyLabel>
  /** Returns the customers' current versions, in a single query. Omits customers without a version. */
  versions(customers: string[]): Promise<Map<string, number>>
  /** Returns up to `limit` customers that have a due hold. */
  customersWithDueHolds(limit: number): Promise<string[]>
  /**
   * Returns up to `limit` customers that have a free lease and an event to deliver. An event to deliver is
   * waiting, ambiguous, or parked and due for a retry.
   */
  customersToDeliver(limit: number): Promise<string[]>
  /** Returns the customer's open holds, oldest first. */
  holds(customer: string): Promise<Hold[]>
  /** Returns the customer's usage events that Flowglad hasn't acknowledged, oldest first. */
  undelivered(query: { customer: string; limit: number }): Promise<UndeliveredEvent[]>
  /** Returns each customer once, in an order that the store chooses. */
  customers(): AsyncIterable<string>
  /** Returns up to `limit` customers whose IDs start with `startsWith`, ordered by ID. Omits health probes. */
  findCustomers(query: { startsWith: string; limit: number }): Promise<string[]>
  /** Checks the customer's counters against the rows that they count, and returns the violations. */
  audit(customer: string): Promise<Violation[]>
  /** Returns all of the customer's counters, and the rows that they count, at one point in time. */
  books(customer: string): Promise<Books>
  /**
   * Returns operators' acts on one customer or on all customers, oldest first. Starts after the act
   * `after`, or with the first act by default.
   */
  acts(query: { customer: string | null; after?: ActCursor | null }): AsyncIterable<Act>
  /**
   * Adds denials to their counts without waiting for the customers' locks. If the machine crashes or an
   * answer is lost, some denials can count twice or not at all.
   */
  countDenials(denials: DenialCount[]): Promise<void>
  /** Returns the customer's denials in the last day, newest first. */
  denials(customer: string): Promise<DeniedCalls[]>
  /** Returns up to `limit` of the customer's alerts, newest first. */
  alerts(query: { customer: string; limit: number }): Promise<Alert[]>
  /** Returns up to `limit` alerts, for all customers, that are due for delivery to the app. */
  alertsToDeliver(limit: number): Promise<DueAlert[]>
  /**
   * Defers the alert's next delivery, so that no other process delivers it now. Returns false if another process has
   * deferred or delivered the alert since it was read. The pause grows with each delivery, up to an hour.
   */
  takeAlert(alert: DueAlert): Promise<boolean>
  /** Records that the app has handled the alert. */
  finishAlert(alert: Pick<Alert, 'customer' | 'id'>): Promise<void>
  /** Returns operators' acts on the whole ledger, oldest first. */
  ledgerActs(): Promise<LedgerAct[]>
  /** Returns the delivery backlog and the clock's skew, for monitoring. */
  health(): Promise<LedgerHealth>
  /** Returns up to `limit` parked events from all customers. */
  parked(
    limit: number,
  ): Promise<{ customer: string; attempt: string; meter: string; amount: number; reason: string }[]>
  /**
   * Returns the number of interruptions: how often the store was opened, or one of its connections broke.
   * After each interruption, the store may contain an earlier copy of the ledger.
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

/** The ledger methods that calls use. */
export type LedgerForCalls = Pick<
  Ledger,
  'execute' | 'interruptions' | 'balances' | 'lastCommitted' | 'charges' | 'usage' | 'usageByValue' | 'alerts'
>
