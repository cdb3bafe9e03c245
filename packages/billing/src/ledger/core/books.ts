import { z } from 'zod'
import type { BudgetRow } from './budgetRow.ts'
import type { AccountRow, CustomerRow, HoldRow } from './rows.ts'

/** The units and the number of a customer's events that have the same account and state. */
export const eventSum = z.object({
  subscription: z.string(),
  meter: z.string(),
  state: z.string(),
  /** Whether Flowglad rejected the events. */
  wasRejected: z.union([z.boolean(), z.number().transform((it) => it !== 0)]),
  units: z.number(),
  count: z.number(),
})

export const meterSum = z.object({ meter: z.string(), units: z.number() })

/** A dimension's values, and the units that have been booked under them. */
export const dimensionSum = z.object({
  meter: z.string(),
  dimension: z.string(),
  /** The number of values, according to the dimension's counter. */
  counted: z.number(),
  /** The number of values that have a row. */
  values: z.number(),
  units: z.number(),
})

/** All of a customer's counters, and the rows that they count, at one point in time. */
export interface Books {
  row: CustomerRow | null
  accounts: AccountRow[]
  budgets: BudgetRow[]
  /** The holds in state `held`. */
  holds: HoldRow[]
  events: z.output<typeof eventSum>[]
  /** The sum of the daily totals, by meter. */
  daily: z.output<typeof meterSum>[]
  dimensions: z.output<typeof dimensionSum>[]
  /** The total size of the stored results, in bytes. */
  resultBytes: number
}

export const joinedAccount = ({ subscription, meter }: Pick<AccountRow, 'subscription' | 'meter'>) =>
  `${subscription}\0${meter}`
