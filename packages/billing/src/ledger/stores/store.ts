import type { BatcherStore } from '../batcher.ts'
import type { ChargeCursor } from '../chargeCursor.ts'
import type { AlertRow } from '../core/alertRow.ts'
import type { Books } from '../core/books.ts'
import type { DailyLabelRow } from '../core/labelRows.ts'
import type {
  AccountRow,
  ActRow,
  CustomerRow,
  DenialRow,
  EventRow,
  HoldRow,
  LedgerActRow,
} from '../core/rows.ts'
import type { Ledger } from '../ledger.ts'
import type { ActCursor } from '../reads.ts'

/** A database that isn't opened until `open` is called. */
export interface Store
  extends Pick<Ledger, 'address' | 'close'>,
    Pick<BatcherStore, 'isTransient' | 'groupOf'> {
  /**
   * Opens the database, applies missing migrations, and checks that the database is writable. Can be called
   * again after `open` or a write fails. The previously opened store stays usable until the new one is ready.
   *
   * @throws {LedgerUnavailableError} if the setup must be corrected first. The message says what to correct.
   */
  open(): Promise<OpenStore>
  /** Returns the problem if the error says that the store rejects writes, and null for any other error. */
  writeProblem(error: unknown): WriteProblem | null
}

export interface WriteProblem {
  /** Says why the store rejects writes, and what to do. */
  message: string
  /** Whether the connection can't recover, so that the store must be opened again. */
  isStale: boolean
}

/**
 * A database engine that runs the core in transactions and provides the reads. The engine loads, locks and
 * writes rows, but makes no decisions.
 */
export interface OpenStore
  extends Reads,
    AlertStore,
    Pick<BatcherStore, 'transact'>,
    Pick<Ledger, 'prune' | 'markRestored' | 'markRecovered' | 'countDenials'> {
  /** Returns the number of connections that have broken so far. */
  lostConnections(): number
  /**
   * Returns the customer's rows as this process last committed them, without reading the database. Returns
   * null if this process doesn't remember them, or if the batch started before `since` (`performance.now()`).
   */
  lastCommitted(customer: string, since: number): CommittedCustomer | null
}

/** The writes that record an alert's deliveries. They don't wait for the customer's lock. */
export type AlertStore = Pick<Ledger, 'takeAlert' | 'finishAlert'>

/** A customer's row and accounts, and the store's time when they were read or committed. */
export interface CommittedCustomer {
  row: CustomerRow | null
  accounts: AccountRow[]
  now: number
}

export interface EventQuery {
  /** Null for events from all customers. */
  customer: string | null
  limit: number
  after: Pick<EventRow, 'customer' | 'at' | 'attempt' | 'meter'> | null
}

export interface ActQuery {
  /** Null for acts on all customers. */
  customer: string | null
  limit: number
  after: ActCursor | null
}

/**
 * The reads that run outside batches. All data in an answer reflects the same point in time, except that
 * `usageByValue` reads one day at a time on SQLite.
 */
export interface Reads
  extends Pick<
    Ledger,
    | 'usage'
    | 'usageByValue'
    | 'versions'
    | 'customersWithDueHolds'
    | 'customersToDeliver'
    | 'health'
    | 'parked'
    | 'restoreState'
    | 'eventStates'
  > {
  /** Returns the customer's row, its accounts, and the store's time. */
  readCustomer(customer: string): Promise<CommittedCustomer>
  /** Returns the customer's events, newest first, starting after the position `before`. */
  readCharges(query: { customer: string; limit: number; before: ChargeCursor | null }): Promise<EventRow[]>
  /**
   * Returns a page of events in a fixed order, starting after the event `after`. Each customer's events are consecutive
   * and ordered by time, attempt and meter.
   */
  readEvents(query: EventQuery): Promise<EventRow[]>
  /**
   * Returns a page of customers, in a fixed order, starting after `after`. With `''`, starts with the first
   * customer.
   */
  readCustomers(query: { after: string; limit: number }): Promise<string[]>
  /** Returns customers in the order of their UTF-8 bytes. Starts with `from`, or with the next ID after it. */
  readCustomersInOrder(query: { from: string; limit: number }): Promise<string[]>
  /** Returns the customer's counters, and the rows that they count. */
  readBooks(customer: string): Promise<Books>
  /** Returns a page of acts, oldest first, starting after the position `after`. */
  readActs(query: ActQuery): Promise<ActRow[]>
  /** Returns all acts on the whole ledger, oldest first. */
  readLedgerActs(): Promise<LedgerActRow[]>
  /** Returns the customer's holds in state `held`, oldest first. */
  readHolds(customer: string): Promise<HoldRow[]>
  /**
   * Returns the rows of the customer's denials, ordered by their last denial, oldest first. Omits rows whose last
   * denial is at least a day old.
   */
  readDenials(customer: string): Promise<DenialRow[]>
  /** Returns up to `limit` of the customer's alerts, newest first. */
  readAlerts(query: { customer: string; limit: number }): Promise<AlertRow[]>
  /** Returns up to `limit` alerts that are due for delivery. */
  readAlertsToDeliver(limit: number): Promise<AlertRow[]>
  /** Returns a page of the customer's daily totals by value, in a fixed order, starting after the row `after`. */
  readDailyLabels(query: {
    customer: string
    limit: number
    after: DailyLabelRow | null
  }): Promise<DailyLabelRow[]>
  /** Returns the customer's waiting, sent and parked events, oldest first. */
  readUndelivered(query: { customer: string; limit: number }): Promise<EventRow[]>
}
