/** The period of time over which a budget counts. `period` is the billing period. */
export type BudgetWindow = 'hour' | 'day' | 'month' | 'period'

/** `block` denies calls that would exceed the limit. `notify` only raises alerts. */
export type BudgetMode = 'block' | 'notify'

/** `customer` budgets are set at run time. `plan` budgets come from the setup's `planBudgets`. */
export type BudgetSource = 'customer' | 'plan'

/** A dimension value, such as `{ dimension: 'member', value: 'user_1' }`. */
export interface BudgetScope<Dimension extends string = string> {
  dimension: Dimension
  /** 1 to 128 characters. Can't be `other`, because no call has this label. */
  value: string
}

/** A limit on a meter's units over a window, in addition to what the plan allows. */
export interface BudgetInput<Meter extends string = string, Dimension extends string = string> {
  meter: Meter
  /** Limits only calls with this label. The meter must have the dimension. Default: all of the customer's calls. */
  scope?: BudgetScope<Dimension> | undefined
  /** The most units that calls can use in each window. 0 denies all calls that cost units, unless `mode` is `notify`. */
  limit: number
  window: BudgetWindow
  /** The IANA time zone in which a day or month starts, such as `Europe/Berlin`. Default: `UTC`. */
  timeZone?: string | undefined
  /** Default: `block`. */
  mode?: BudgetMode | undefined
  /**
   * The percentages of the limit at which the ledger raises alerts: up to 10 integers from 1 to 1,000. Default:
   * `[80, 100]`. An empty list raises no alerts.
   */
  thresholds?: readonly number[] | undefined
}

/** A budget, and the units in its current window. */
export interface Budget<Meter extends string = string> {
  id: string
  source: BudgetSource
  meter: Meter
  /** The dimension value to which the budget applies. null for all of the customer's calls. */
  scope: BudgetScope | null
  limit: number
  /** Units charged in the window. Can exceed the limit. */
  used: number
  /** Units held by running calls. */
  held: number
  window: BudgetWindow
  /** The IANA time zone in which days and months start. null for other windows. */
  timeZone: string | null
  mode: BudgetMode
  /** The percentages of the limit at which the ledger raises alerts, in ascending order. */
  thresholds: number[]
  /** When the next window starts, in epoch milliseconds. null if the billing period never ends. */
  resetsAt: number | null
}
