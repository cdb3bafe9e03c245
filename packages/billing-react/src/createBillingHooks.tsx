import type { BalanceRow, BalancesAnswer, PlanSummary } from '@metered/billing/client'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useMemo } from 'react'
import type { BillingClient } from './BillingClient.ts'
import { installBalances } from './installBalances.ts'
import { keys } from './keys.ts'
import { type Paywall, paywallOfError, paywallOfMeter } from './paywall.ts'
import {
  type BillingContext,
  balancesOptions,
  booksOptions,
  chargesOptions,
  plansOptions,
  usageOptions,
} from './queries.ts'
import { useBalancesStream } from './useBalancesStream.ts'
import { useBillingCache } from './useBillingCache.ts'

interface BillingProviderProps<Meter extends string> {
  /** The billing router's part of a tRPC client, wherever the app mounted it. Keep it stable. */
  client: BillingClient<Meter>
  /**
   * Who is signed in, by the id that the server's `customer` gives; null when nobody is. When it changes, everything of the previous customer is
   * forgotten. A cache has one customer at a time.
   */
  customer: string | null
  children: ReactNode
}

/**
 * The hooks, typed by an app's own meters: `createBillingHooks<MeterOf<typeof trpc.billing>>()`. Amounts are units of the meter, times
 * epoch milliseconds, money the currency's smallest unit; all of it as the billing router answers.
 * Each returns TanStack Query's result as it is. Errors are the client's: read them with `usePaywall(error)` or `billingDenial(error)`.
 */
export function createBillingHooks<Meter extends string>() {
  const Context = createContext<BillingContext<Meter> | null>(null)

  /** Put it inside the app's QueryClientProvider, and that inside FlowgladProvider when the app uses @flowglad/react. */
  function BillingProvider({ client, customer, children }: BillingProviderProps<Meter>) {
    useBillingCache(customer)
    const streaming = useBalancesStream(client, customer)
    const value = useMemo(() => ({ client, customer, streaming }), [client, customer, streaming])
    return <Context value={value}>{children}</Context>
  }

  function useBilling(): BillingContext<Meter> {
    const context = use(Context)
    if (context === null) throw new Error('Billing hooks need a <BillingProvider> above them.')
    return context
  }

  /** Every meter's balance and the plan. Kept right by mutations, response headers and the stream; the highest version wins. */
  function useBalances() {
    return useQuery(balancesOptions(useBilling()))
  }

  /** One meter's balance; `data` is null when the customer's plan does not know the meter. */
  function useBalance(meter: Meter) {
    return useQuery({
      ...balancesOptions(useBilling()),
      select: (answer: BalancesAnswer<Meter>): BalanceRow<Meter> | null =>
        answer.balances.find((row) => row.meter === meter) ?? null,
    })
  }

  /** The current plan; `data` is null when there is no current subscription. */
  function usePlan() {
    return useQuery({
      ...balancesOptions(useBilling()),
      select: (answer: BalancesAnswer<Meter>): PlanSummary | null => answer.plan,
    })
  }

  /** Units spent by UTC day and meter, oldest first, over the last `days` days (default 30). */
  function useUsage({ days = 30 }: { days?: number } = {}) {
    return useQuery(usageOptions(useBilling(), days))
  }

  /** Every charge, newest first, `pageSize` (default 25) at a time: `fetchNextPage()` while `hasNextPage`. */
  function useCharges({ pageSize = 25 }: { pageSize?: number } = {}) {
    return useInfiniteQuery(chargesOptions(useBilling(), pageSize))
  }

  /** Plans and packs on offer, for everybody. */
  function usePlans() {
    return useQuery(plansOptions(useBilling()))
  }

  /**
   * Starts a hosted checkout of `{ priceSlug, quantity? }` (default 1); `data.url` is where to send the browser. Errors: a price that is not for sale, or a
   * second paid plan, is BAD_REQUEST with words for the customer; Flowglad away is `BILLING_UNAVAILABLE`. Nothing is charged before the hosted page.
   */
  function useCheckout() {
    const { client, customer } = useBilling()
    return useMutation({
      mutationKey: keys.mutation(customer, 'checkout'),
      mutationFn: (order: { priceSlug: string; quantity?: number }) => client.checkout.mutate(order),
    })
  }

  /** Moves to another plan: up at once, down with the period that is paid for. `data.effectiveAt` says when, `data.plan` what it is until then. */
  function useChangePlan() {
    const { client, customer } = useBilling()
    return useMutation({
      mutationKey: keys.mutation(customer, 'changePlan'),
      mutationFn: (to: { priceSlug: string }) => client.changePlan.mutate(to),
    })
  }

  /** Ends the plan with its paid period; the answer says when. */
  function useCancelPlan() {
    const { client, customer } = useBilling()
    return useMutation({
      mutationKey: keys.mutation(customer, 'cancel'),
      mutationFn: () => client.cancel.mutate({}),
    })
  }

  /** Takes back a scheduled cancellation or downgrade. */
  function useResumePlan() {
    const { client, customer } = useBilling()
    return useMutation({
      mutationKey: keys.mutation(customer, 'resume'),
      mutationFn: () => client.resume.mutate({}),
    })
  }

  /**
   * Looks at Flowglad's books when mounted, and again every few seconds while Flowglad does not answer: `data.current` says whether what is shown is
   * what they say now, `data.asOf` from when it is otherwise. For screens that would mislead with old news, such as a billing page.
   */
  function useBooks() {
    return useQuery(booksOptions(useBilling(), useQueryClient()))
  }

  /** Has the server look at Flowglad's books now, and installs what they say: for the moment somebody returns from a checkout. */
  function useRefreshBalances() {
    const { client, customer } = useBilling()
    const queryClient = useQueryClient()
    return useMutation({
      mutationKey: keys.mutation(customer, 'refresh'),
      mutationFn: async () => {
        const { ageMs, ...answer } = await client.refresh.mutate({})
        installBalances(queryClient, answer)
        return { ...answer, ageMs }
      },
    })
  }

  /**
   * What stands in the way: of the next call on a meter (`usePaywall('generations')`), or after a refused one
   * (`usePaywall(mutation.error)`). It follows the balances, so it opens by itself after a top-up.
   */
  function usePaywall(subject: Meter | { message: string } | null): Paywall<Meter> {
    const { data } = useBalances()
    if (subject === null) return { state: 'open' }
    return typeof subject === 'string' ? paywallOfMeter(data, subject) : paywallOfError(data, subject)
  }

  return {
    BillingProvider,
    useBalance,
    useBalances,
    usePlan,
    useUsage,
    useCharges,
    usePlans,
    useCheckout,
    useChangePlan,
    useCancelPlan,
    useResumePlan,
    useRefreshBalances,
    useBooks,
    usePaywall,
  }
}
