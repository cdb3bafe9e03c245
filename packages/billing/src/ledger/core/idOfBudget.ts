import { type BudgetRow, budgetSource, budgetWindow } from './budgetRow.ts'

/** All combinations of a source and a window. */
export const kindsOfBudget = budgetSource.options.flatMap((source) =>
  budgetWindow.options.map((window) => ({ source, window })),
)

/**
 * A budget replaces the earlier budget with the same source, meter, scope and window. Different budgets have different
 * IDs, because the names of meters and dimensions contain no space and no `=`.
 */
export function idOfBudget(
  source: BudgetRow['source'],
  { meter, window, scope }: Pick<BudgetRow, 'meter' | 'window' | 'scope'>,
): string {
  const id = source === 'plan' ? `plan ${window} ${meter}` : `${window} ${meter}`
  return scope ? `${id} ${scope.dimension}=${scope.value}` : id
}
