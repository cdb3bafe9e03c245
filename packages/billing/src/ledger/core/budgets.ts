import type { BudgetStatus, OverBudget } from '../answers.ts'
import type { Leg } from '../commands.ts'
import type { BudgetRow, BudgetScope, HeldBudget } from './budgetRow.ts'
import { windowChange } from './budgetWindow.ts'
import type { Draft } from './draft.ts'
import { joined } from './loadedCustomer.ts'
import type { HoldRow } from './rows.ts'

/**
 * A budget limits a meter's units over a window. Invariant: after each successful reserve, `used + held` of each
 * blocking budget is at most the limit. Later, `used` can exceed the limit, for example if work costs more than its hold
 * or if the limit is lowered.
 */

/** Returns the blocking budgets that have too few units left for the legs. */
export function overBudget(draft: Draft, legs: Leg[]): OverBudget[] {
  if (!draft.hasBudgets) return []
  return legs.flatMap(({ meter, amount, labels }) =>
    budgetsOf(draft, meter, labels)
      .filter(({ mode, used, held, limit }) => mode === 'block' && used + held + amount > limit)
      .map((budget) => ({ ...statusOf(budget), required: amount })),
  )
}

/** Counts a hold's units against the budgets of the meter and the labels. Returns these budgets. */
export const holdInBudgets = (draft: Draft, { meter, amount, labels }: Leg): HeldBudget[] =>
  budgetsOf(draft, meter, labels).map((budget) => {
    draft.writeBudget(budget, { held: budget.held + amount })
    const { instance, windowStart } = budget
    return { instance, windowStart }
  })

/** Returns a hold's units to the windows in which the hold was taken. Does nothing for windows that are over. */
export function returnToBudgets(draft: Draft, { amount, budgets }: HoldRow['legs'][number]): void {
  if (!budgets) return
  for (const held of budgets) {
    const budget = draft.budgets().find(({ instance }) => instance === held.instance)
    if (budget?.windowStart === held.windowStart) draft.writeBudget(budget, { held: budget.held - amount })
  }
}

/**
 * Counts booked units in the windows in which their hold was taken. A budget that is newer than the hold counts the
 * units in its current window, unless the hold or event (`at`) is older than this window. Units without a time always
 * count in the current window. The amount can be negative if it corrects an earlier amount.
 */
export function spendFromBudgets(
  draft: Draft,
  {
    meter,
    amount,
    at,
    budgets = [],
    labels,
  }: {
    meter: string
    amount: number
    at?: number | undefined
    budgets?: HeldBudget[] | undefined
    labels?: readonly BudgetScope[] | undefined
  },
): void {
  for (const budget of budgetsOf(draft, meter, labels)) {
    const taken = budgets.find(({ instance }) => instance === budget.instance)
    const isInWindow = taken
      ? taken.windowStart === budget.windowStart
      : at === undefined || at >= budget.windowStart
    if (isInWindow) draft.writeBudget(budget, { used: Math.max(0, budget.used + amount) })
  }
}

/** Returns the budgets of the meter that apply to the labels, and starts their current windows. */
function budgetsOf(draft: Draft, meter: string, labels: readonly BudgetScope[] = []): BudgetRow[] {
  if (!draft.hasBudgets) return []
  const budgets = [null, ...labels].flatMap((scope) => draft.budgetsIn({ meter, scope }))
  for (const budget of budgets) startWindow(draft, budget)
  return budgets
}

/** Starts the current window if the budget's last window is over. */
export function startWindow(draft: Draft, budget: BudgetRow): void {
  const change = changeNow(draft, budget)
  if (change) draft.writeBudget(budget, change)
}

/** Returns the budgets as they are now, ordered by meter, without changing them. */
export const budgetsNow = (draft: Draft): BudgetStatus[] =>
  draft
    .budgets()
    .toSorted((a, b) => (joined(a.meter, a.id) < joined(b.meter, b.id) ? -1 : 1))
    .map((budget) => statusOf({ ...budget, ...changeNow(draft, budget) }))

/** Returns the budget's properties that are out of date, with their current values. Returns null if there are none. */
function changeNow(draft: Draft, budget: BudgetRow): Partial<BudgetRow> | null {
  const change = windowChange(budget, draft.now, draft.row.snapshot)
  // During a deployment, an earlier release ends holds without returning their units to budgets. A budget can't hold
  // more units than the meter's accounts.
  const held = Math.min(change?.held ?? budget.held, draft.heldOn(budget.meter))
  return held === budget.held ? change : { ...change, held }
}

const statusOf = (budget: BudgetRow): BudgetStatus => {
  const { id, source, meter, scope, limit, used, held, window, timeZone, mode, thresholds } = budget
  const limits = { id, source, meter, scope, limit, window, timeZone, mode, thresholds }
  return { ...limits, used, held, resetsAt: budget.windowEnd }
}
