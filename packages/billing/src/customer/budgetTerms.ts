import { randomBytes } from 'node:crypto'
import type { BudgetInput } from '../contract/budgets.ts'
import type { PlanBudget } from '../ledger/commands.ts'

/** Returns a valid budget in the form that the ledger's commands contain. Adds the defaults and a new instance. */
export function budgetTerms(budget: BudgetInput): PlanBudget {
  const {
    meter,
    scope = null,
    limit,
    window,
    timeZone = 'UTC',
    mode = 'block',
    thresholds = [80, 100],
  } = budget
  const isCalendar = window === 'day' || window === 'month'
  return {
    // Holds contain the instance, so it is short. It has to be unique only among the customer's budgets.
    instance: randomBytes(9).toString('base64url'),
    meter,
    scope,
    limit,
    mode,
    thresholds,
    window,
    timeZone: isCalendar ? timeZone : null,
  }
}
