import { z } from 'zod'
import { json } from './json.ts'

export const budgetWindow = z.enum(['hour', 'day', 'month', 'period'])
/** `block` denies calls that would exceed the limit. `notify` only raises alerts. */
export const budgetMode = z.enum(['block', 'notify'])

/** `customer` budgets are set at run time. `plan` budgets come from the app's code, and apply to a plan's customers. */
const budgetSource = z.enum(['customer', 'plan'])

/** The dimension and the value to which a budget applies. */
export const budgetScope = z.object({ dimension: z.string(), value: z.string() })

/** A budget and its counters in the current window. */
export const budgetRow = z.object({
  customer: z.string(),
  id: z.string(),
  /** Distinguishes the budget from the customer's other budgets, and from earlier budgets with the same ID. */
  instance: z.string(),
  source: budgetSource,
  meter: z.string(),
  /** Null if the budget applies to all of the customer's calls. */
  scope: json(budgetScope).nullable(),
  window: budgetWindow,
  /** The IANA time zone in which days and months start. Null for other windows. */
  timeZone: z.string().nullable(),
  limit: z.number().int(),
  mode: budgetMode,
  /** The percentages of the limit at which the ledger raises alerts, in ascending order. */
  thresholds: json(z.array(z.number().int())),
  /** The highest threshold that `used` has reached in the window. 0 if it hasn't reached any. */
  alerted: z.number().int(),
  /** When the window began. A later window of the same budget has a later start. */
  windowStart: z.number().int(),
  /** Null if the billing period never ends. */
  windowEnd: z.number().int().nullable(),
  /** The units booked in the window. */
  used: z.number().int(),
  /** The units of running calls that were counted against this window. */
  held: z.number().int(),
})

/** A budget that a hold's units count against, and the start of the budget's window when the hold was taken. */
export const heldBudget = z.object({ instance: z.string(), windowStart: z.number().int() })

export type BudgetRow = z.output<typeof budgetRow>
/** The properties of an existing budget that can change. */
export type BudgetChange = Partial<
  Pick<BudgetRow, 'limit' | 'mode' | 'thresholds' | 'alerted' | 'windowStart' | 'windowEnd' | 'used' | 'held'>
>
export type BudgetScope = z.output<typeof budgetScope>
export type HeldBudget = z.output<typeof heldBudget>
