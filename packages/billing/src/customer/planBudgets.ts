import type { BudgetInput } from '../contract/budgets.ts'
import type { Meters } from '../contract/meters.ts'
import type { PlanBudget } from '../ledger/commands.ts'
import { idOfBudget } from '../ledger/core/idOfBudget.ts'
import { budgetInput } from './budgetInput.ts'
import { budgetTerms } from './budgetTerms.ts'

/** The budgets that the app sets for its plans, by the slug of the plan's price. */
export type PlanBudgets<Meter extends string = string, Dimension extends string = string> = Readonly<
  Record<string, readonly BudgetInput<Meter, Dimension>[]>
>

/**
 * Returns a function that finds a plan's budgets by the slug of the plan's price.
 *
 * @throws {TypeError} if a budget is invalid, or if a plan has two budgets for the same meter, window and scope.
 */
export function planBudgetsOf(
  meters: Meters,
  planBudgets: PlanBudgets = {},
): (priceSlug: string | null) => PlanBudget[] {
  const schema = budgetInput(meters)
  const byPrice = new Map<string, BudgetInput[]>()
  for (const [priceSlug, budgets] of Object.entries(planBudgets)) {
    const parsed = budgets.map((budget, index) => {
      const { success, data, error } = schema.safeParse(budget)
      if (success) return data
      const [issue] = error.issues
      const path = [priceSlug, index, ...(issue?.path ?? [])].join('.')
      throw new TypeError(`\`planBudgets.${path}\` is invalid: ${issue?.message}`)
    })
    const ids = new Set(
      parsed.map((budget) => idOfBudget('plan', { ...budget, scope: budget.scope ?? null })),
    )
    if (ids.size < parsed.length)
      throw new TypeError(
        `\`planBudgets.${priceSlug}\` has two budgets for the same meter, window and scope.`,
      )
    byPrice.set(priceSlug, parsed)
  }
  return (priceSlug) => (byPrice.get(priceSlug ?? '') ?? []).map(budgetTerms)
}
