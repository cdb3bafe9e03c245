import type { AlertRow } from './alertRow.ts'
import type { BudgetRow } from './budgetRow.ts'
import type { DailyLabelRow, LabelRow } from './labelRows.ts'
import type { AccountRow, ActRow, CustomerRow, EventRow, HoldRow, KeyRow } from './rows.ts'

/**
 * The rows that a batch writes. The store inserts the rows in `newHolds`, `newEvents`, `newBudgets` and `newActs`, so
 * the batch fails if such a row exists.
 */
export interface Writes {
  customers: CustomerRow[]
  /** Rows in which only the lease and counters have changed. */
  leases: CustomerRow[]
  accounts: AccountRow[]
  /**
   * Rows in which only counters have changed: a customer's `version`, `time`, `undelivered` and `resultBytes`,
   * an account's `booked`, `acked`, `held`, `dropped`, `parked` and `waived`, and a budget's window, `used`, `held` and
   * `alerted`.
   */
  counters: { customers: CustomerRow[]; accounts: AccountRow[]; budgets: BudgetRow[] }
  newHolds: HoldRow[]
  holds: HoldRow[]
  removedHolds: { customer: string; attempt: string }[]
  keys: KeyRow[]
  newEvents: EventRow[]
  /**
   * Existing events. A recovery can change the amount and `flagged`. The other columns that describe the usage
   * never change.
   */
  events: EventRow[]
  /** The store applies `removedBudgets` first, so that a new budget can replace a budget with the same ID. */
  newBudgets: BudgetRow[]
  /** Existing budgets, in which the ID, the instance, the source, the meter and the time zone haven't changed. */
  budgets: BudgetRow[]
  removedBudgets: { customer: string; id: string }[]
  /** The store ignores an alert that exists. */
  newAlerts: AlertRow[]
  newActs: ActRow[]
  /** Units to add to a day's total. */
  daily: { customer: string; day: string; meter: string; amount: number }[]
  labels: LabelRow[]
  /** Units to add to the day's total of a value. */
  dailyLabels: DailyLabelRow[]
}

export const noWrites = (): Writes => ({
  customers: [],
  leases: [],
  accounts: [],
  counters: { customers: [], accounts: [], budgets: [] },
  newHolds: [],
  holds: [],
  removedHolds: [],
  keys: [],
  newEvents: [],
  events: [],
  newBudgets: [],
  budgets: [],
  removedBudgets: [],
  newAlerts: [],
  newActs: [],
  daily: [],
  labels: [],
  dailyLabels: [],
})
