import { RecentMap } from '../../config/recentMap.ts'
import type { LoadedCustomer } from '../core/loadedCustomer.ts'
import type { CommittedCustomer } from './store.ts'

/** One customer's rows, as they were when this process last committed a change to them. */
export interface KnownCustomer {
  rows: LoadedCustomer
  /**
   * On SQLite, the `data_version` at that time. While `data_version` stays the same, no other connection has
   * committed a change.
   */
  provenAt: number
}

/**
 * The rows of the customers that this process changed recently. A batch removes its customers' rows from this
 * map, and checks under the lock whether another process has changed them. After COMMIT, the batch puts its
 * new rows into the map. After a failure, the next batch loads the rows from the database.
 */
export class RecentCustomers {
  readonly #customers: RecentMap<string, KnownCustomer>
  /** Copies of the rows that were last committed. A running batch changes the original rows before it commits. */
  readonly #committed: RecentMap<string, { committed: CommittedCustomer; startedAt: number }>

  constructor(capacity: number) {
    this.#customers = new RecentMap(capacity)
    this.#committed = new RecentMap(capacity)
  }

  /** Removes and returns the known rows of these customers. */
  take(customers: Iterable<string>): Map<string, KnownCustomer> {
    const taken = new Map<string, KnownCustomer>()
    for (const customer of customers) {
      const known = this.#customers.get(customer)
      if (!known) continue
      this.#customers.delete(customer)
      taken.set(customer, known)
    }
    return taken
  }

  /**
   * Keeps a batch's rows after COMMIT. `now` is the store's time in the batch. `startedAt` is the time on the
   * monotonic clock when the batch started.
   */
  keep(
    loaded: ReadonlyMap<string, LoadedCustomer>,
    { provenAt, now, startedAt }: { provenAt: number; now: number; startedAt: number },
  ): void {
    for (const [customer, rows] of loaded) {
      // A row with version 0 isn't in the database yet, so don't keep it.
      if (!rows.row?.version) continue
      forgetEndedWork(rows)
      this.#customers.set(customer, { rows, provenAt })
      const accounts = Array.from(rows.accounts.values(), (account) => ({ ...account }))
      this.#committed.set(customer, { committed: { row: { ...rows.row }, accounts, now }, startedAt })
    }
  }

  /**
   * Returns the customer's rows as this process last committed them. Returns null if the rows aren't known,
   * or if their batch started before `since`.
   */
  lastCommitted(customer: string, since: number): CommittedCustomer | null {
    const last = this.#committed.peek(customer)
    return last && last.startedAt >= since ? last.committed : null
  }

  clear(): void {
    this.#customers.clear()
    this.#committed.clear()
  }
}

/**
 * Returns whether the rows are complete enough for a batch. The rows can be incomplete if a hold that isn't
 * among them is due, or if the clock has stepped backward.
 */
export const isComplete = ({ row, nextExpiry }: LoadedCustomer, now: number): boolean =>
  row !== null && row.time <= now && now < nextExpiry

/**
 * Removes the rows that calls rarely need again, so that memory doesn't grow with past usage. Keeps the
 * customer's row, its accounts, the holds and keys of running work, and the events that are being delivered.
 */
function forgetEndedWork(rows: LoadedCustomer): void {
  const isDelivering = rows.row?.lease?.purpose === 'deliver'
  for (const [id, { state }] of rows.events) if (!isDelivering || state !== 'sent') rows.events.delete(id)
  rows.acts.clear()
  rows.labels.clear()
  rows.usedSince.clear()
  rows.oldestResults = []
  for (const [id, { state }] of rows.holds) if (state !== 'held') rows.holds.delete(id)
  for (const [id, { attempt }] of rows.keys) if (!rows.holds.has(attempt)) rows.keys.delete(id)
}
