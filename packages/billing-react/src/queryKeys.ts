import { type BillingQueryKeys, billingQueryKeys } from '@metered/billing/client'
import type { QueryClient, QueryKey } from '@tanstack/react-query'

/**
 * The query keys of `@flowglad/react`. These queries are in the app's QueryClient if FlowgladProvider wraps
 * the app's QueryClientProvider.
 */
export const flowgladKeys: readonly QueryKey[] = [['customers/billing'], ['flowglad-usage-meters']]

export function invalidateFlowglad(queryClient: QueryClient): void {
  for (const queryKey of flowgladKeys) void queryClient.invalidateQueries({ queryKey })
}

/** The cache keys of the billing procedures and of `useBillingStatus`. */
export interface QueryKeys extends BillingQueryKeys {
  status: QueryKey
}

export const createQueryKeys = (router?: QueryKey): QueryKeys => {
  const keys = billingQueryKeys(router)
  return {
    ...keys,
    /**
     * The status key is outside the router's key, so that invalidating the router's queries after a mutation
     * sends no request to Flowglad.
     */
    status: ['billing-status', ...keys.router],
  }
}
