import type { BudgetInput } from '@metered/billing/client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { alertsOptions, type BillingContext, budgetsOptions } from './queries.ts'

export function createBudgetHooks<Meter extends string, Dimension extends string>(
  useBilling: () => BillingContext<Meter, Dimension>,
) {
  /** Returns the customer's budgets, ordered by meter, with the units used and held in their current windows. */
  const useBudgets = () => useQuery(budgetsOptions(useBilling()))

  /**
   * Sets a budget: a limit on a meter's units per hour, day, month or billing period, and the percentages of the
   * limit at which the customer gets an alert. Replaces the customer's budget for the same meter, scope and window.
   * Fails with `FORBIDDEN` if the app doesn't allow the caller to change budgets.
   */
  function useSetBudget() {
    const { client, keys } = useBilling()
    return useMutation({
      mutationKey: keys.procedure('setBudget'),
      mutationFn: (budget: BudgetInput<Meter, Dimension>) => client.setBudget.mutate(budget),
    })
  }

  /** Removes a budget by its ID. `data.removed` is false if the budget no longer exists. */
  function useRemoveBudget() {
    const { client, keys } = useBilling()
    return useMutation({
      mutationKey: keys.procedure('removeBudget'),
      mutationFn: (budget: { id: string }) => client.removeBudget.mutate(budget),
    })
  }

  /**
   * Returns the customer's last 50 alerts, newest first. An alert says that the customer has reached a threshold of the
   * plan's grant or of a budget. New alerts appear immediately, because the balances' stream announces them.
   */
  const useAlerts = () => useQuery(alertsOptions(useBilling()))

  return { useBudgets, useSetBudget, useRemoveBudget, useAlerts }
}
