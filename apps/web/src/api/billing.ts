import { createBillingHooks } from '@metered/billing-react'
import { getQueryKey } from '@trpc/react-query'
import type { Dimension, Meter } from './meters.ts'
import { trpc } from './trpc.ts'

/**
 * The billing hooks, typed with this app's meters and dimensions. `useBalances()` and `trpc.billing.balances.useQuery()`
 * share a cache entry.
 */
export const {
  BillingProvider,
  useBalance,
  useBalances,
  usePlan,
  useUsage,
  useCharges,
  usePlans,
  useStatement,
  useChangePreview,
  useCheckout,
  useChangePlan,
  useCancelPlan,
  useResumePlan,
  useRefreshBalances,
  useBillingStatus,
  usePaywall,
  useBudgets,
  useSetBudget,
  useRemoveBudget,
  useAlerts,
} = createBillingHooks<Meter, Dimension>({ queryKey: getQueryKey(trpc.billing) })
