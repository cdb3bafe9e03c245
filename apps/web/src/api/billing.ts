import { createBillingHooks, type MeterOf } from '@metered/billing-react'
import type { AppRouter } from '@metered/server'
import type { TRPCClient } from '@trpc/client'
import { getQueryKey } from '@trpc/react-query'
import { trpc } from './trpc.ts'

/**
 * The billing hooks, typed with this app's meters. `useBalances()` and `trpc.billing.balances.useQuery()`
 * share a cache entry.
 */
export const {
  BillingProvider,
  installBalances,
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
  useBillingStatus,
  usePaywall,
} = createBillingHooks<MeterOf<TRPCClient<AppRouter>['billing']>>({ queryKey: getQueryKey(trpc.billing) })
