import type { BudgetRow } from './budgetRow.ts'

/**
 * A budget replaces the earlier budget with the same source, meter, scope and window. Different budgets have different
 * IDs, because the names of meters and dimensions contain no space and no `=`.
 */
export function idOfBudget(
  source: BudgetRow['source'],
  { window, ...place }: Pick<BudgetRow, 'meter' | 'window' | 'scope'>,
): string {
  const id = `${window} ${placeOfBudget(place)}`
  return source === 'plan' ? `plan ${id}` : id
}

/** Names the meter and the scope of a budget. */
export const placeOfBudget = ({ meter, scope }: Pick<BudgetRow, 'meter' | 'scope'>): string =>
  scope ? `${meter} ${scope.dimension}=${scope.value}` : meter
