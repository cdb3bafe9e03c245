import { createBillingHooks } from '@metered/billing-react'
import type { Meter } from './api.ts'

/** The billing hooks, typed by this app's meters. */
export const {
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
} = createBillingHooks<Meter>()
