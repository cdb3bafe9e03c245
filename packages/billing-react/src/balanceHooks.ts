import type { BalanceRow, BalancesAnswer, PlanSummary } from '@metered/billing/client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Paywall, paywallOfError, paywallOfMeter } from './paywall.ts'
import { type BillingContext, balancesOptions, refreshBalances, statusOptions } from './queries.ts'
import { ofCustomer } from './wrongCustomer.ts'

export function createBalanceHooks<Meter extends string>(useBilling: () => BillingContext<Meter>) {
  function useSelected<Selected>(select: (answer: BalancesAnswer<Meter>) => Selected) {
    const billing = useBilling()
    const queryClient = useQueryClient()
    return useQuery({
      ...balancesOptions(billing, queryClient),
      select: (answer: BalancesAnswer<Meter>) => select(ofCustomer(billing.customer, answer, queryClient)),
    })
  }

  /** Returns the plan and every meter's balance. */
  const useBalances = () => useSelected((answer) => answer)

  /** Returns one meter's balance. `data` is null if the customer's plan does not have the meter. */
  const useBalance = (meter: Meter) =>
    useSelected(
      (answer): BalanceRow<Meter> | null => answer.balances.find((row) => row.meter === meter) ?? null,
    )

  /** Returns the current plan. `data` is null if the customer has no current subscription. */
  const usePlan = () => useSelected((answer): PlanSummary | null => answer.plan)

  /**
   * Returns whether the customer can make a call, and if not, why not. Pass the meter before a call
   * (`usePaywall('generations')`), or the error after a failed call (`usePaywall(mutation.error)`). The
   * paywall follows the balances, so its state becomes `open` after a top-up.
   */
  function usePaywall(subject: Meter | { message: string } | null): Paywall<Meter> {
    const { data } = useBalances()
    if (subject === null) return { state: 'open' }
    return typeof subject === 'string' ? paywallOfMeter(data, subject) : paywallOfError(data, subject)
  }

  /**
   * Returns whether the balances are current, and when Flowglad last responded. Sends a request on mount, and
   * then every few seconds until Flowglad responds. Use this hook on screens where outdated data would mislead
   * the customer, such as a billing page.
   */
  function useBillingStatus() {
    return useQuery(statusOptions(useBilling(), useQueryClient()))
  }

  /** Fetches the balances from Flowglad and stores them. Use this hook after a checkout, for example. */
  function useRefreshBalances() {
    const { client, keys } = useBilling()
    const queryClient = useQueryClient()
    return useMutation({
      mutationKey: keys.procedure('refresh'),
      mutationFn: () => refreshBalances({ client, keys }, queryClient),
    })
  }

  return { useBalances, useBalance, usePlan, usePaywall, useBillingStatus, useRefreshBalances }
}
