import { groupBy } from '../groupBy.ts'
import type { AlertRow } from './alertRow.ts'
import type { BudgetChange, BudgetRow } from './budgetRow.ts'
import { addChanges, hasChanges, noChanges } from './changedRows.ts'
import { emptyAccount, emptyCustomer } from './emptyRows.ts'
import { placeOfBudget } from './idOfBudget.ts'
import type { DailyLabelRow, LabelRow } from './labelRows.ts'
import { idOf, joined, type LoadedCustomer } from './loadedCustomer.ts'
import type { AccountRow, ActRow, CustomerRow, EventRow, HoldRow, KeyRow } from './rows.ts'
import { firstFullDay } from './utcDay.ts'
import type { Writes } from './writes.ts'

const customerCounters = new Set(['undelivered', 'resultBytes'])
const leaseProperties = new Set(['leaseToken', 'leaseUntil', 'lease', ...customerCounters])
const budgetCounters = new Set(['windowStart', 'windowEnd', 'used', 'held', 'alerted'])
const accountCounters = new Set(['booked', 'acked', 'held', 'dropped', 'parked', 'waived'])

/**
 * The working copy of one customer's rows within a batch. Commands read and change the copy in order, so each
 * command sees the changes made by earlier commands. `collect` returns the rows that changed.
 */
export class Draft {
  readonly row: CustomerRow
  /**
   * The store's time, for all decisions and all new rows. After a backward clock step, `now` can be earlier
   * than the times in the rows.
   */
  readonly now: number
  readonly oldestResults: KeyRow[]
  readonly #loaded: LoadedCustomer
  /** The part of the customer's row that must be written. */
  #changedPart: (typeof parts)[number] = 'none'
  /** Whether the ledger has no row for the customer yet. */
  readonly #isNew: boolean
  /** Accounts that the method `account` created. The ledger has no rows for these accounts yet. */
  readonly #createdAccounts = new Set<AccountRow>()
  readonly #changed = noChanges()

  /** The budgets by meter and scope, so that a call doesn't search all of them. Null if they aren't grouped yet. */
  #budgetsByPlace: Map<string, BudgetRow[]> | null = null
  /** The accounts and budgets that have changed since the last check of their thresholds. */
  #unchecked = { accounts: new Set<AccountRow>(), budgets: new Set<BudgetRow>() }

  /** Commands modify `loaded` in place, so it contains the customer's new rows after COMMIT. */
  constructor(customer: string, loaded: LoadedCustomer, now: number) {
    this.#loaded = loaded
    this.#isNew = loaded.row === null
    loaded.row ??= emptyCustomer(customer)
    this.row = loaded.row
    this.now = now
    // Use one object per row. Two copies would diverge if one command changed a key and another command
    // removed its result.
    this.oldestResults = loaded.oldestResults.map((row) => this.#keyed(row))
  }

  /** Returns the account, or creates it with zero counters if it doesn't exist. */
  account(subscription: string, meter: string): AccountRow {
    const id = idOf.account({ subscription, meter })
    let account = this.#loaded.accounts.get(id)
    if (!account) {
      account = emptyAccount({ customer: this.row.customer, subscription, meter })
      this.#loaded.accounts.set(id, account)
      this.#createdAccounts.add(account)
    }
    return account
  }

  accounts(): AccountRow[] {
    return [...this.#loaded.accounts.values()]
  }

  /** Returns the units that are held on all of the meter's accounts. */
  heldOn(meter: string): number {
    let held = 0
    for (const account of this.#loaded.accounts.values()) if (account.meter === meter) held += account.held
    return held
  }

  hold(attempt: string): HoldRow | undefined {
    return this.#loaded.holds.get(attempt)
  }

  holds(): HoldRow[] {
    return [...this.#loaded.holds.values()]
  }

  key(procedure: string, key: string): KeyRow | undefined {
    return this.#loaded.keys.get(idOf.key({ procedure, key }))
  }

  event(attempt: string, meter: string): EventRow | undefined {
    return this.#loaded.events.get(idOf.event({ attempt, meter }))
  }

  events(): EventRow[] {
    return [...this.#loaded.events.values()]
  }

  act(id: string): ActRow | undefined {
    return this.#loaded.acts.get(id)
  }

  addAct(act: ActRow): void {
    this.#loaded.acts.set(act.id, act)
    this.#changed.newActs.add(act)
  }

  writeCustomer(change: Partial<CustomerRow>): void {
    Object.assign(this.row, change)
    const part = isWithin(customerCounters, change)
      ? 'counters'
      : isWithin(leaseProperties, change)
        ? 'lease'
        : 'all'
    if (parts.indexOf(part) > parts.indexOf(this.#changedPart)) this.#changedPart = part
  }

  writeAccount(account: AccountRow, change: Partial<AccountRow>): void {
    Object.assign(account, change)
    this.#unchecked.accounts.add(account)
    const { accounts, accountCounters: counters } = this.#changed
    if (this.#createdAccounts.has(account) || !isWithin(accountCounters, change)) accounts.add(account)
    else counters.add(account)
  }

  writeHold(hold: HoldRow, change: Partial<HoldRow> = {}): void {
    const { newHolds, holds, removedHolds } = this.#changed
    Object.assign(hold, change)
    // An attempt's hold can end and be created again within one batch. In this case, the row still exists in
    // the database, so it is updated instead of removed.
    const exists = removedHolds.delete(hold.attempt) || this.#loaded.holds.has(hold.attempt)
    this.#loaded.holds.set(hold.attempt, hold)
    if (!exists) newHolds.add(hold)
    else if (!newHolds.has(hold)) holds.add(hold)
  }

  removeHold({ attempt }: HoldRow): void {
    const { newHolds, holds, removedHolds } = this.#changed
    const row = this.#loaded.holds.get(attempt)
    if (!row) return
    this.#loaded.holds.delete(attempt)
    holds.delete(row)
    // A hold that was reserved and ended within this batch has no row in the database.
    if (!newHolds.delete(row)) removedHolds.add(attempt)
  }

  writeKey(key: KeyRow, change: Partial<KeyRow> = {}): void {
    Object.assign(key, change)
    this.#loaded.keys.set(idOf.key(key), key)
    this.#changed.keys.add(key)
  }

  writeEvent(event: EventRow, change: Partial<EventRow> = {}): void {
    const { newEvents, events } = this.#changed
    Object.assign(event, change)
    const id = idOf.event(event)
    if (!this.#loaded.events.has(id)) newEvents.add(event)
    else if (!newEvents.has(event)) events.add(event)
    this.#loaded.events.set(id, event)
  }

  get hasBudgets(): boolean {
    return this.#loaded.budgets.size > 0
  }

  /** Returns the budgets for the meter and the scope. */
  budgetsIn(place: Pick<BudgetRow, 'meter' | 'scope'>): BudgetRow[] {
    this.#budgetsByPlace ??= groupBy(this.#loaded.budgets.values(), placeOfBudget)
    return this.#budgetsByPlace.get(placeOfBudget(place)) ?? []
  }

  budgets(): BudgetRow[] {
    return [...this.#loaded.budgets.values()]
  }

  budget(id: string): BudgetRow | undefined {
    return this.#loaded.budgets.get(id)
  }

  addBudget(budget: BudgetRow): void {
    const replaced = this.budget(budget.id)
    if (replaced) this.removeBudget(replaced)
    this.#budgetsByPlace = null
    this.#loaded.budgets.set(budget.id, budget)
    this.#changed.newBudgets.add(budget)
    this.#unchecked.budgets.add(budget)
    this.writeCustomer({ budgets: this.#loaded.budgets.size })
  }

  writeBudget(budget: BudgetRow, change: BudgetChange): void {
    Object.assign(budget, change)
    this.#unchecked.budgets.add(budget)
    const { newBudgets, budgets, budgetCounters: counters } = this.#changed
    if (newBudgets.has(budget)) return
    if (isWithin(budgetCounters, change)) counters.add(budget)
    else budgets.add(budget)
  }

  removeBudget(budget: BudgetRow): void {
    this.#budgetsByPlace = null
    this.#loaded.budgets.delete(budget.id)
    this.#changed.newBudgets.delete(budget)
    this.#changed.budgets.delete(budget)
    this.#changed.budgetCounters.delete(budget)
    this.#changed.removedBudgets.add(budget.id)
    this.writeCustomer({ budgets: this.#loaded.budgets.size })
  }

  /** Returns the accounts and budgets that have changed since the last call of this method. */
  takeUnchecked(): { accounts: AccountRow[]; budgets: BudgetRow[] } {
    const { accounts, budgets } = this.#unchecked
    const taken = { accounts: [...accounts], budgets: [...budgets] }
    accounts.clear()
    budgets.clear()
    return taken
  }

  addAlert(alert: AlertRow): void {
    this.#changed.newAlerts.add(alert)
  }

  /** Returns the units that were booked in the scope since the time, or null if they weren't loaded. */
  usedSince({ meter, scope }: Pick<BudgetRow, 'meter' | 'scope'>, since: number): number | null {
    const loaded = this.#loaded.usedSince.get(idOf.usedSince({ meter, scope }, since))
    if (loaded === undefined) return null
    if (scope) {
      const first = firstFullDay(since)
      const rows = [...this.#changed.dailyLabels.values()].filter(
        (row) => isInScope(row, { meter, scope }) && row.day >= first.day,
      )
      return rows.reduce((sum, row) => sum + row.amount, loaded)
    }
    const added = [...this.#changed.newEvents].filter((event) => event.meter === meter && event.at >= since)
    return added.reduce((sum, event) => sum + event.amount, loaded)
  }

  addToDay(day: string, meter: string, amount: number): void {
    const id = joined(day, meter)
    this.#changed.daily.set(id, (this.#changed.daily.get(id) ?? 0) + amount)
  }

  /**
   * Returns the label's row, or null if the ledger has none. Throws if the row wasn't loaded: a known hold contained
   * the label, but the hold no longer exists. The batch then runs again with all rows loaded.
   */
  label(id: Pick<LabelRow, 'meter' | 'dimension' | 'value'>): LabelRow | null {
    const row = this.#loaded.labels.get(idOf.label(id))
    if (row === undefined) throw new Error('A label row is missing')
    return row
  }

  writeLabel(row: LabelRow): void {
    const written = Object.assign(this.label(row) ?? row, row)
    this.#loaded.labels.set(idOf.label(written), written)
    this.#changed.labels.add(written)
  }

  addToLabel(id: Pick<DailyLabelRow, 'day' | 'meter' | 'dimension' | 'value'>, amount: number): void {
    const key = joined(id.day, idOf.label(id))
    const added = this.#changed.dailyLabels.get(key)?.amount ?? 0
    this.#changed.dailyLabels.set(key, { customer: this.row.customer, ...id, amount: added + amount })
  }

  /**
   * Adds this customer's changed rows to the batch's writes. Increments the version if any row has changed.
   */
  collect(writes: Writes): void {
    for (const account of this.#createdAccounts) {
      if (!this.#changed.accounts.has(account)) this.#loaded.accounts.delete(idOf.account(account))
    }
    if (this.#changedPart === 'none' && !hasChanges(this.#changed)) return
    this.row.version += 1
    this.row.time = Math.max(this.row.time, this.now)
    if (this.#isNew || this.#changedPart === 'all') writes.customers.push(this.row)
    else if (this.#changedPart === 'lease') writes.leases.push(this.row)
    else writes.counters.customers.push(this.row)
    addChanges(writes, this.row.customer, this.#changed)
  }

  #keyed(row: KeyRow): KeyRow {
    const id = idOf.key(row)
    const known = this.#loaded.keys.get(id)
    if (known) return known
    this.#loaded.keys.set(id, row)
    return row
  }
}

/** How much of a customer's row has changed. Each value includes the values before it. */
const parts = ['none', 'counters', 'lease', 'all'] as const

const isInScope = (row: DailyLabelRow, { meter, scope }: Pick<BudgetRow, 'meter' | 'scope'>) =>
  row.meter === meter && row.dimension === scope?.dimension && row.value === scope.value

/** Returns whether the change affects only the given properties. */
function isWithin(properties: Set<string>, change: object): boolean {
  for (const property in change) if (!properties.has(property)) return false
  return true
}
