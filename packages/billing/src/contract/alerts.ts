import type { BudgetMode, BudgetScope, BudgetWindow } from './budgets.ts'

/**
 * A threshold that a customer's units have reached. Each threshold raises one alert per window and limit. Amounts are
 * in the meter's unit, and times are epoch milliseconds.
 */
export interface Alert<Meter extends string = string> {
  /** Identifies the alert. If `onAlert` is called again for an alert, the ID is the same. */
  id: string
  meter: Meter
  /** The percentage of `limit` that the units have reached, such as 80. */
  threshold: number
  /** When the threshold was reached. Unique among the customer's alerts. */
  at: number
  /** The units that were used when the threshold was reached. */
  used: number
  /** The budget's limit, or all units that the customer could use in the billing period. */
  limit: number
  /** When the window or the billing period ends. null if it never ends. */
  resetsAt: number | null
  /** The budget, or null if the threshold belongs to the plan's grant. */
  budget: AlertBudget | null
}

/** The budget to which an alert belongs. */
export interface AlertBudget {
  id: string
  /** The dimension value to which the budget applies. null for all of the customer's calls. */
  scope: BudgetScope | null
  window: BudgetWindow
  /** The IANA time zone in which days and months start. null for other windows. */
  timeZone: string | null
  mode: BudgetMode
}

/** An alert and the ID of its customer, as the app's `onAlert` receives it. */
export interface CustomerAlert<Meter extends string = string> extends Alert<Meter> {
  customer: string
}
