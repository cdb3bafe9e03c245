import type { BudgetRow } from '../core/budgetRow.ts'
import type { LabelRow } from '../core/labelRows.ts'
import { idOf, joined, type LoadedCustomer } from '../core/loadedCustomer.ts'
import type { Needs } from '../core/needs.ts'
import type { AccountRow, ActRow, EventRow, HoldRow, KeyRow } from '../core/rows.ts'

/** A batch's rows, by customer. */
export class LoadedCustomers {
  readonly byCustomer = new Map<string, LoadedCustomer>()

  /** Starts with the rows in `known`. A customer that isn't in `known` starts without rows. */
  constructor(customers: string[], known: ReadonlyMap<string, LoadedCustomer>) {
    for (const customer of customers) this.byCustomer.set(customer, known.get(customer) ?? noRows())
  }

  of(customer: string): LoadedCustomer {
    const rows = this.byCustomer.get(customer)
    if (!rows) throw new Error(`Unexpected row for customer ${customer}`)
    return rows
  }

  addAccounts(rows: AccountRow[]): void {
    for (const row of rows) this.of(row.customer).accounts.set(idOf.account(row), row)
  }

  addHolds(rows: HoldRow[]): void {
    for (const row of rows) this.of(row.customer).holds.set(idOf.hold(row), row)
  }

  addKeys(rows: KeyRow[]): void {
    for (const row of rows) this.of(row.customer).keys.set(idOf.key(row), row)
  }

  addEvents(rows: EventRow[]): void {
    for (const row of rows) this.of(row.customer).events.set(idOf.event(row), row)
  }

  addBudgets(rows: BudgetRow[]): void {
    for (const row of rows) this.of(row.customer).budgets.set(row.id, row)
  }

  /** Adds the rows with these keys. For a key that isn't among the rows, records that the ledger has no such row. */
  addLabels(keys: Needs['labels'], rows: LabelRow[]): void {
    for (const [customer, ...key] of keys) this.of(customer).labels.set(joined(...key), null)
    for (const row of rows) this.of(row.customer).labels.set(idOf.label(row), row)
  }

  addUsedSince(
    {
      customer,
      meter,
      since,
      dimension,
      value,
    }: { customer: string; meter: string; since: number; dimension: string; value: string },
    units: number,
  ): void {
    const scope = dimension === '' ? null : { dimension, value }
    this.of(customer).usedSince.set(idOf.usedSince({ meter, scope }, since), units)
  }

  addActs(rows: ActRow[]): void {
    for (const row of rows) this.of(row.customer).acts.set(row.id, row)
  }
}

const noRows = (): LoadedCustomer => ({
  row: null,
  accounts: new Map(),
  holds: new Map(),
  keys: new Map(),
  events: new Map(),
  acts: new Map(),
  budgets: new Map(),
  labels: new Map(),
  usedSince: new Map(),
  oldestResults: [],
  nextExpiry: Number.POSITIVE_INFINITY,
})
