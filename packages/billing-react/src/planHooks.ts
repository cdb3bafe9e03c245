import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type BillingContext, plansOptions, previewOptions, statementOptions } from './queries.ts'
import { withOrderKey } from './withOrderKey.ts'

export function createPlanHooks<Meter extends string>(useBilling: () => BillingContext<Meter>) {
  /** Returns the plans and packs on offer, even while no customer is signed in. */
  const usePlans = () => useQuery(plansOptions(useBilling()))

  /**
   * Starts a hosted checkout for `{ priceSlug, quantity? }`. `quantity` defaults to 1. `data.url` is the
   * checkout page's URL, and `data.forfeits` lists the pack units that the customer loses when the payment
   * succeeds. Nothing is charged until the customer pays on that page. While the checkout page is open, a
   * second click or a retry of the same order returns the same page. Fails with `BAD_REQUEST` if the price is
   * not for sale or the purchase would add a second paid plan. Show this error's message to the customer.
   * Fails with `BILLING_UNAVAILABLE` if Flowglad does not respond.
   */
  function useCheckout() {
    const { client, keys } = useBilling()
    const queryClient = useQueryClient()
    return useMutation({
      mutationKey: keys.procedure('checkout'),
      mutationFn: (order: { priceSlug: string; quantity?: number }) =>
        withOrderKey(queryClient, order, (call) => client.checkout.mutate(order, call)),
    })
  }

  /**
   * Returns the customer's payments, the amount overdue, and the next invoice. The server requests
   * this data from Flowglad, so use this hook only on screens about billing.
   */
  const useStatement = () => useQuery(statementOptions(useBilling()))

  /**
   * Returns what a change to another paid plan would charge and grant. Show this preview before
   * `useChangePlan` makes the change. Pass null to send no request.
   */
  const useChangePreview = (priceSlug: string | null) => useQuery(previewOptions(useBilling(), priceSlug))

  /**
   * Changes the plan. Upgrades take effect immediately, and downgrades at the end of the paid period.
   * `data.plan` is the current plan, `data.effectiveAt` is the time at which the change takes effect, and
   * `data.charged` is the payment that the change caused.
   */
  function useChangePlan() {
    const { client, keys } = useBilling()
    return useMutation({
      mutationKey: keys.procedure('changePlan'),
      mutationFn: (to: { priceSlug: string }) => client.changePlan.mutate(to),
    })
  }

  /** Cancels the plan at the end of the paid period. `data.effectiveAt` is the end of that period. */
  function useCancelPlan() {
    const { client, keys } = useBilling()
    return useMutation({
      mutationKey: keys.procedure('cancel'),
      mutationFn: () => client.cancel.mutate({}),
    })
  }

  /** Undoes a scheduled cancellation or downgrade. */
  function useResumePlan() {
    const { client, keys } = useBilling()
    return useMutation({
      mutationKey: keys.procedure('resume'),
      mutationFn: () => client.resume.mutate({}),
    })
  }

  return {
    usePlans,
    useStatement,
    useChangePreview,
    useCheckout,
    useChangePlan,
    useCancelPlan,
    useResumePlan,
  }
}
