import { emptyAccount, emptyCustomer } from './emptyRows.ts'
import type { AccountRow, CustomerRow, EventRow, HoldRow, KeyRow } from './rows.ts'

/** The rows that a batch needs for one customer, loaded under the customer's lock. */
export interface LoadedCustomer {
  /** Null if the ledger has no row for the customer yet. */
  row: CustomerRow | null
  accounts: AccountRow[]
  holds: HoldRow[]
  keys: KeyRow[]
  events: EventRow[]
  /**
   * Keys with a stored result, oldest first. Loaded only if the batch might exceed the size limit for the
   * customer's results.
   */
  oldestResults: KeyRow[]
}

/** The rows that a batch writes. */
export interface Writes {
  customers: CustomerRow[]
  accounts: AccountRow[]
  holds: HoldRow[]
  removedHolds: { customer: string; attempt: string }[]
  keys: KeyRow[]
  events: EventRow[]
  /** Units to add to a day's total. */
  daily: { customer: string; day: string; meter: string; amount: number }[]
}

/**
 * Joins names into one map key. Validation rejects NUL in names, so different lists of names never produce
 * the same key.
 */
export const joined = (...parts: string[]) => parts.join('\0')

/**
 * The working copy of one customer's rows within a batch. Commands read and change it in order, so each
 * command sees the changes made by earlier commands. `collect` returns the rows that changed.
 */
export class Draft {
  readonly row: CustomerRow
  /**
   * The store's time, for all decisions and all new rows. If the clock has stepped backward, it can be
   * earlier than the times in the rows.
   */
  readonly now: number
  readonly #accounts: Map<string, AccountRow>
  readonly #holds: Map<string, HoldRow>
  readonly #keys: Map<string, KeyRow>
  readonly #events: Map<string, EventRow>
  readonly oldestResults: KeyRow[]
  readonly #changed = {
    customer: false,
    accounts: new Set<AccountRow>(),
    holds: new Set<HoldRow>(),
    removedHolds: new Set<string>(),
    keys: new Set<KeyRow>(),
    events: new Set<EventRow>(),
    daily: new Map<string, number>(),
  }

  constructor(customer: string, loaded: LoadedCustomer | undefined, now: number) {
    this.row = loaded?.row ?? emptyCustomer(customer)
    this.now = now
    this.#accounts = new Map(loaded?.accounts.map((row) => [joined(row.subscription, row.meter), row]))
    this.#holds = new Map(loaded?.holds.map((row) => [row.attempt, row]))
    this.#keys = new Map(loaded?.keys.map((row) => [joined(row.procedure, row.key), row]))
    this.#events = new Map(loaded?.events.map((row) => [joined(row.attempt, row.meter), row]))
    // Use one object per row. Two copies would diverge if one command changed a key and another command
    // removed its result.
    this.oldestResults = (loaded?.oldestResults ?? []).map((row) => this.#keyed(row))
  }

  /** Returns the account, or creates it with zero counters if it doesn't exist. */
  account(subscription: string, meter: string): AccountRow {
    const id = joined(subscription, meter)
    let account = this.#accounts.get(id)
    if (!account) {
      account = emptyAccount({ customer: this.row.customer, subscription, meter })
      this.#accounts.set(id, account)
    }
    return account
  }

  accounts(): AccountRow[] {
    return [...this.#accounts.values()]
  }

  hold(attempt: string): HoldRow | undefined {
    return this.#holds.get(attempt)
  }

  holds(): HoldRow[] {
    return [...this.#holds.values()]
  }

  key(procedure: string, key: string): KeyRow | undefined {
    return this.#keys.get(joined(procedure, key))
  }

  event(attempt: string, meter: string): EventRow | undefined {
    return this.#events.get(joined(attempt, meter))
  }

  events(): EventRow[] {
    return [...this.#events.values()]
  }

  writeCustomer(change: Partial<CustomerRow>): void {
    Object.assign(this.row, change)
    this.#changed.customer = true
  }

  writeAccount(account: AccountRow, change: Partial<AccountRow>): void {
    Object.assign(account, change)
    this.#changed.accounts.add(account)
  }

  writeHold(hold: HoldRow, change: Partial<HoldRow> = {}): void {
    Object.assign(hold, change)
    this.#holds.set(hold.attempt, hold)
    this.#changed.holds.add(hold)
    // An attempt's hold can end and be created again within one batch. Such a hold must not be removed.
    this.#changed.removedHolds.delete(hold.attempt)
  }

  removeHold({ attempt }: HoldRow): void {
    const row = this.#holds.get(attempt)
    if (row) this.#changed.holds.delete(row)
    this.#holds.delete(attempt)
    this.#changed.removedHolds.add(attempt)
  }

  writeKey(key: KeyRow, change: Partial<KeyRow> = {}): void {
    Object.assign(key, change)
    this.#keys.set(joined(key.procedure, key.key), key)
    this.#changed.keys.add(key)
  }

  writeEvent(event: EventRow, change: Partial<EventRow> = {}): void {
    Object.assign(event, change)
    this.#events.set(joined(event.attempt, event.meter), event)
    this.#changed.events.add(event)
  }

  addToDay(day: string, meter: string, amount: number): void {
    const id = joined(day, meter)
    this.#changed.daily.set(id, (this.#changed.daily.get(id) ?? 0) + amount)
  }

  /**
   * Adds this customer's changed rows to the batch's writes. Increments the version if any row has changed.
   */
  collect(writes: Writes): void {
    const { customer, accounts, holds, removedHolds, keys, events, daily } = this.#changed
    const rows = accounts.size + holds.size + removedHolds.size + keys.size + events.size
    if (!customer && rows === 0) return
    this.row.version += 1
    this.row.time = Math.max(this.row.time, this.now)
    writes.customers.push(this.row)
    writes.accounts.push(...accounts)
    writes.holds.push(...holds)
    for (const attempt of removedHolds) writes.removedHolds.push({ customer: this.row.customer, attempt })
    writes.keys.push(...keys)
    writes.events.push(...events)
    for (const [id, amount] of daily) {
      const [day = '', meter = ''] = id.split('\0')
      writes.daily.push({ customer: this.row.customer, day, meter, amount })
    }
  }

  #keyed(row: KeyRow): KeyRow {
    const id = joined(row.procedure, row.key)
    const known = this.#keys.get(id)
    if (known) return known
    this.#keys.set(id, row)
    return row
  }
}
