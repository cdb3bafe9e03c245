import { z } from 'zod'
import { maxValueLength } from '../contract/dimensions.ts'
import { budgetMode, budgetWindow } from './core/budgetRow.ts'
import { windowAt } from './core/budgetWindow.ts'
import { budgetId, customer, meter, text } from './fields.ts'

/**
 * The latest time that `usedSince` accepts. Slightly below the latest time that a `Date` can hold, so that the next UTC
 * day is also valid.
 */
const maxTime = 8.6e15

/**
 * Returns whether the name is a time zone of the IANA database. Rejects offsets such as `+02:00`. Also rejects
 * abbreviations such as `PST`: `Intl` accepts them, but `Temporal` doesn't.
 */
export function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && windowAt({ window: 'day', timeZone: name }, 0, null).windowStart <= 0
  } catch {
    return false
  }
}

/** The percentages of a limit at which the ledger raises alerts. */
export const thresholds = z.array(z.number().int().min(1).max(1_000)).max(10).readonly()

const budget = z.object({
  /** A new ID, generated before the command is queued. Ignored if the budget exists with the same time zone. */
  instance: text(64),
  meter,
  /** The dimension and the value to which the budget applies. Null if it applies to all of the customer's calls. */
  scope: z.object({ dimension: text(64), value: text(maxValueLength) }).nullable(),
  window: budgetWindow,
  /** The IANA time zone in which days and months start. Null for other windows. */
  timeZone: text(64).refine(isTimeZone, 'unknown time zone').nullable(),
  limit: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  mode: budgetMode,
  thresholds,
})

const hasTimeZoneIfNeeded = ({ window, timeZone }: { window: string; timeZone: string | null }) =>
  (window === 'day' || window === 'month') === (timeZone !== null)
const timeZoneProblem = {
  path: ['timeZone'],
  message: 'required for days and months, and null for other windows',
}

/** A budget of the customer's plan. */
export const planBudget = budget.refine(hasTimeZoneIfNeeded, timeZoneProblem)

/**
 * Limits a meter's units over a window. Changes the customer's budget for this meter, scope and window if there is one.
 * Replaces it if the time zone differs.
 */
export const setBudget = budget
  .extend({
    type: z.literal('setBudget'),
    customer,
    /**
     * The time from which to add up the booked usage. If the answer is `needsUsage`, send the command again with
     * this answer's time.
     */
    usedSince: z.number().int().min(0).max(maxTime),
  })
  .refine(hasTimeZoneIfNeeded, timeZoneProblem)

export const removeBudget = z.object({ type: z.literal('removeBudget'), customer, id: budgetId })

/** Reads the customer's budgets. Changes nothing. */
export const listBudgets = z.object({ type: z.literal('listBudgets'), customer })
