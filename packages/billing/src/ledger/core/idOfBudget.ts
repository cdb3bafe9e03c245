import type { BudgetRow } from './budgetRow.ts'

/**
 * Returns the budget's ID. A customer has at most one budget per source, meter, scope and window, so the ID contains
 * only these. Different budgets have different IDs, because the names of meters and dimensions contain no space and no
 * `=`.
 */
export function idOfBudget(
  source: BudgetRow['source'],
  { window, ...place }: Pick<BudgetRow, 'meter' | 'window' | 'scope'>,
): string {
  const id = `${window} ${placeOfBudget(place)}`
  return source === 'plan' ? `plan ${id}` : id
}

/** Returns a name for the budget's meter and scope. */
export const placeOfBudget = ({ meter, scope }: Pick<BudgetRow, 'meter' | 'scope'>): string =>
  scope ? `${meter} ${scope.dimension}=${scope.value}` : meter
