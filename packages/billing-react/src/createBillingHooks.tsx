import type { BalancesAnswer } from '@metered/billing/client'
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useMemo } from 'react'
import type { BillingClient } from './BillingClient.ts'
import { createBalanceHooks } from './balanceHooks.ts'
import { installBalances } from './installBalances.ts'
import { createPlanHooks } from './planHooks.ts'
import type { BillingContext } from './queries.ts'
import { createQueryKeys } from './queryKeys.ts'
import { createUsageHooks } from './usageHooks.ts'
import { useBalancesStream } from './useBalancesStream.ts'
import { useCustomerCache } from './useCustomerCache.ts'
import { useInvalidation } from './useInvalidation.ts'

interface BillingHooksOptions {
  /**
   * The billing router's query key: `getQueryKey(trpc.billing)` of @trpc/react-query, or `trpc.billing.pathKey()` of
   * @trpc/tanstack-react-query. A plain client has none; the default, `[['billing']]`, fits any app that has one billing router.
   */
  queryKey?: QueryKey
}

interface BillingProviderProps<Meter extends string> {
  /** The billing router's part of a tRPC client, such as `client.billing`. Keep it stable. */
  client: BillingClient<Meter>
  /**
   * The signed-in customer's id, as the server's `customer` option returns it; null while signed out. When it changes, the children remount
   * and the previous customer's data leaves the cache. A cache belongs to one customer at a time.
   */
  customer: string | null
  children: ReactNode
}

/**
 * Creates billing hooks, typed by an app's own meters: `createBillingHooks<MeterOf<typeof client.billing>>()`. Amounts are units of the
 * meter, times are epoch milliseconds, money is in the currency's smallest unit.
 * Each hook returns TanStack Query's result unchanged. Errors are the tRPC client's: read them with `usePaywall(error)` or
 * `billingDenial(error)`.
 */
export function createBillingHooks<Meter extends string>({
  queryKey = [['billing']],
}: BillingHooksOptions = {}) {
  const keys = createQueryKeys(queryKey)
  const Context = createContext<BillingContext<Meter> | null>(null)

  /** Put it inside the app's QueryClientProvider, and that inside FlowgladProvider if the app uses @flowglad/react. */
  function BillingProvider({ client, customer, children }: BillingProviderProps<Meter>) {
    const isReady = useCustomerCache(customer, keys)
    useBalancesStream(client, customer, keys)
    useInvalidation(customer, keys)
    const value = useMemo(() => ({ client, customer, keys }), [client, customer])
    return <Context value={value}>{isReady && children}</Context>
  }

  function useBilling(): BillingContext<Meter> {
    const context = use(Context)
    if (context === null) throw new Error('Billing hooks need a <BillingProvider> above them.')
    return context
  }

  return {
    BillingProvider,
    /** Stores balances that arrived outside a query, such as those of `balancesLink`. The highest version stays. */
    installBalances: (queryClient: QueryClient, answer: BalancesAnswer) =>
      installBalances(queryClient, keys, answer),
    ...createBalanceHooks(useBilling),
    ...createUsageHooks(useBilling),
    ...createPlanHooks(useBilling),
  }
}
