import type { RemoveBudgetAnswer, SetBudgetAnswer } from '../answers.ts'
import type { PlanBudget, RemoveBudget, SetBudget } from '../commands.ts'
import type { BudgetRow } from './budgetRow.ts'
import { startWindow } from './budgets.ts'
import { windowAt } from './budgetWindow.ts'
import type { Draft } from './draft.ts'
import { idOfBudget } from './idOfBudget.ts'

/** The largest number of budgets that a customer can set. All of them are loaded with the customer. */
const maxBudgets = 1_000

/**
 * Sets a budget, or changes the limit, the mode and the thresholds of an existing budget. A new budget counts the usage
 * since the start of its current window (with a scope, since the first UTC midnight in the window), but not the holds
 * of running work.
 */
export function setBudget(draft: Draft, command: SetBudget): SetBudgetAnswer {
  const id = idOfBudget('customer', command)
  const existing = draft.budget(id)
  if (existing?.timeZone === command.timeZone) {
    changeBudget(draft, existing, command)
    return { state: 'set', id }
  }
  if (command.window === 'period' && !draft.row.snapshot) return { state: 'needsSnapshot' }
  const own = draft.budgets().filter(({ source }) => source === 'customer')
  if (!existing && own.length >= maxBudgets) return { state: 'tooMany', atMost: maxBudgets }
  const { windowStart } = windowAt(command, draft.now, draft.row.snapshot)
  const used = draft.usedSince(command, windowStart)
  if (used === null) return { state: 'needsUsage', since: windowStart }
  addBudget(draft, 'customer', command, used)
  return { state: 'set', id }
}

/** Removes a budget that the customer has set. */
export function removeBudget(draft: Draft, { id }: RemoveBudget): RemoveBudgetAnswer {
  const budget = draft.budget(id)
  if (budget?.source !== 'customer') return { state: 'noBudget' }
  draft.removeBudget(budget)
  return { state: 'removed' }
}

/**
 * Replaces the budgets of the customer's plan with the given budgets, but keeps the counters of existing budgets. A new
 * budget starts with 0 used units. Without a subscription, the budgets stay, so their counters aren't reset if the
 * subscription returns.
 */
export function setPlanBudgets(draft: Draft, budgets: readonly PlanBudget[]): void {
  if (!draft.row.snapshot) return
  const wanted = new Map(budgets.map((budget) => [idOfBudget('plan', budget), budget]))
  for (const existing of draft.budgets()) {
    if (existing.source === 'plan' && !wanted.has(existing.id)) draft.removeBudget(existing)
  }
  for (const [id, budget] of wanted) {
    const existing = draft.budget(id)
    if (existing?.timeZone === budget.timeZone) changeBudget(draft, existing, budget)
    else addBudget(draft, 'plan', budget, 0)
  }
}

function changeBudget(draft: Draft, existing: BudgetRow, { limit, mode, ...given }: PlanBudget): void {
  startWindow(draft, existing)
  const thresholds = ascending(given.thresholds)
  const isSame = existing.limit === limit && existing.mode === mode
  if (isSame && String(existing.thresholds) === String(thresholds)) return
  draft.writeBudget(existing, { limit, mode, thresholds })
}

function addBudget(draft: Draft, source: BudgetRow['source'], given: PlanBudget, used: number): void {
  const { instance, meter, scope, window, timeZone, limit, mode } = given
  draft.addBudget({
    customer: draft.row.customer,
    id: idOfBudget(source, given),
    ...{ instance, source, meter, scope, window, timeZone, limit, mode },
    ...windowAt(given, draft.now, draft.row.snapshot),
    thresholds: ascending(given.thresholds),
    alerted: 0,
    used,
    held: 0,
  })
}

const ascending = (thresholds: readonly number[]) => [...new Set(thresholds)].sort((a, b) => a - b)
