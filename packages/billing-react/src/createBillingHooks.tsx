import { type BalancesAnswer, installBalances } from '@metered/billing/client'
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import type { BillingClient } from './BillingClient.ts'
import { createBalanceHooks } from './balanceHooks.ts'
import { createBudgetHooks } from './budgetHooks.ts'
import { createPlanHooks } from './planHooks.ts'
import type { BillingContext } from './queries.ts'
import { createQueryKeys } from './queryKeys.ts'
import { createUsageHooks } from './usageHooks.ts'
import { useBalancesStream } from './useBalancesStream.ts'
import { useCustomerCache } from './useCustomerCache.ts'
import { useCustomerChange } from './useCustomerChange.ts'
import { useInvalidation } from './useInvalidation.ts'

interface BillingHooksOptions {
  /**
   * The billing router's query key: `getQueryKey(trpc.billing)` in @trpc/react-query, or
   * `trpc.billing.pathKey()` in @trpc/tanstack-react-query. The default, `[['billing']]`, is the key of a
   * router at the path `billing`. With a plain tRPC client, use the default.
   */
  queryKey?: QueryKey
}

/** The props of `BillingProvider`, for components that wrap it. */
export interface BillingProviderProps<Meter extends string, Dimension extends string = never> {
  /** The billing part of a tRPC client, such as `client.billing`. Pass the same object on every render. */
  client: BillingClient<Meter, Dimension>
  /**
   * The signed-in customer's ID, as the server's `customer` option returns it, or null while signed out. When
   * the ID changes, the children remount, and the previous customer's data is removed from the cache. A cache
   * holds one customer's data at a time.
   */
  customer: string | null
  /**
   * Called when the server starts to return another customer's data, for example because the user has switched
   * to another organization in another tab. The hooks already show the new customer's data when this function
   * is called. In this function, reload the session, so that the rest of the page shows the new customer too.
   */
  onCustomerChange?: (customer: string) => void
  children: ReactNode
}

/**
 * Creates billing hooks. Type the hooks with the app's own meters:
 * `createBillingHooks<MeterOf<typeof client.billing>>()`. To break usage down by a dimension, add
 * `DimensionOf<typeof client.billing>` as the second type parameter.
 *
 * Amounts are in the meter's unit, times are epoch milliseconds, and money is in the currency's smallest
 * unit. Each hook returns TanStack Query's result unchanged. Errors come from the tRPC client. To read a
 * denial from an error, use `usePaywall(error)` or `billingDenial(error)`.
 */
export function createBillingHooks<Meter extends string, Dimension extends string = never>({
  queryKey,
}: BillingHooksOptions = {}) {
  const keys = createQueryKeys(queryKey)
  const Context = createContext<BillingContext<Meter, Dimension> | null>(null)

  /**
   * Provides the client and the customer to the hooks. Put this provider inside the app's
   * QueryClientProvider. If the app uses @flowglad/react, put the QueryClientProvider inside
   * FlowgladProvider.
   */
  function BillingProvider({
    client,
    customer: given,
    onCustomerChange,
    children,
  }: BillingProviderProps<Meter, Dimension>) {
    const { customer, isReady } = useCustomerCache(given, keys)
    useCustomerChange(given, customer, onCustomerChange)
    useBalancesStream(client, customer, keys)
    useInvalidation(customer, keys)
    const value = useMemo(() => ({ client, customer, keys }), [client, customer])
    return <Context.Provider value={value}>{isReady && children}</Context.Provider>
  }

  function useBilling(): BillingContext<Meter, Dimension> {
    const context = useContext(Context)
    if (context === null) throw new Error('Billing hooks must be called inside a <BillingProvider>.')
    return context
  }

  return {
    BillingProvider,
    /**
     * Stores balances that arrived outside a query, for example through `balancesLink`. Never replaces newer
     * balances.
     */
    installBalances: (queryClient: QueryClient, answer: BalancesAnswer) =>
      installBalances(queryClient, answer, { queryKey: keys.router }),
    ...createBalanceHooks(useBilling),
    ...createUsageHooks(useBilling),
    ...createPlanHooks(useBilling),
    ...createBudgetHooks(useBilling),
  }
}
