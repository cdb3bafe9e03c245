import type { RemoveBudgetAnswer, SetBudgetAnswer } from '../answers.ts'
import type { RemoveBudget, SetBudget } from '../commands.ts'
import type { BudgetRow } from './budgetRow.ts'
import { startWindow } from './budgets.ts'
import { windowAt } from './budgetWindow.ts'
import type { Draft } from './draft.ts'

/** The largest number of budgets per customer. The limit keeps each call's work small. */
const maxBudgets = 50

/**
 * Sets a budget, or changes the limit, the mode and the thresholds of an existing budget. A new budget counts all usage that was booked since its
 * current window began, but not the holds of running work.
 */
export function setBudget(draft: Draft, command: SetBudget): SetBudgetAnswer {
  const { customer, instance, meter, window, timeZone, limit, mode } = command
  const thresholds = [...new Set(command.thresholds)].sort((a, b) => a - b)
  const id = budgetId(command)
  const existing = draft.budget(id)
  if (existing?.timeZone === timeZone) {
    startWindow(draft, existing)
    draft.writeBudget(existing, { limit, mode, thresholds })
    return { state: 'set', id }
  }
  if (window === 'period' && !draft.row.snapshot) return { state: 'needsSnapshot' }
  if (!existing && draft.budgets().length >= maxBudgets) return { state: 'tooMany', atMost: maxBudgets }
  const current = windowAt(command, draft.now, draft.row.snapshot)
  const used = draft.usedSince(meter, current.windowStart)
  if (used === null) return { state: 'needsUsage', since: current.windowStart }
  const budget: BudgetRow = {
    customer,
    id,
    instance,
    meter,
    window,
    timeZone,
    limit,
    mode,
    thresholds,
    alerted: 0,
    ...current,
    used,
    held: 0,
  }
  draft.addBudget(budget)
  return { state: 'set', id }
}

export function removeBudget(draft: Draft, { id }: RemoveBudget): RemoveBudgetAnswer {
  const budget = draft.budget(id)
  if (!budget) return { state: 'noBudget' }
  draft.removeBudget(budget)
  return { state: 'removed' }
}

/** A budget for the same meter and window replaces the earlier one. */
const budgetId = ({ meter, window }: SetBudget) => `${window} ${meter}`
