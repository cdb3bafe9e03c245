import { z } from 'zod'
import { budgetMode, budgetScope, budgetWindow } from './budgetRow.ts'
import { json } from './json.ts'

const integer = z.number().int()

/** The record that a customer has reached a threshold of a budget or of the plan's grant. */
export const alertRow = z.object({
  customer: z.string(),
  /** Contains the budget or grant, the window, the limit and the threshold, so each combination has at most one row. */
  id: z.string(),
  meter: z.string(),
  /** The percentage of `limit` that the customer has reached. */
  threshold: integer,
  /** When the threshold was reached. Unique among the customer's alerts. */
  at: integer,
  /** The units used and the limit when the threshold was reached. */
  used: integer,
  limit: integer,
  /** When the window or the billing period ends. Null if it never ends. */
  resetsAt: integer.nullable(),
  /** The budget, or null if the threshold belongs to the plan's grant. */
  budget: json(
    z.object({
      id: z.string(),
      scope: budgetScope.nullable(),
      window: budgetWindow,
      timeZone: z.string().nullable(),
      mode: budgetMode,
    }),
  ).nullable(),
  /** When to pass the alert to the app's `onAlert`. Null once `onAlert` has handled it. */
  deliverAt: integer.nullable(),
  /** How many deliveries to `onAlert` have started. */
  deliveries: integer,
})

export type AlertRow = z.output<typeof alertRow>
