import type { QueryClient, QueryKey } from '@tanstack/react-query'

/**
 * The query keys of `@flowglad/react`. Its queries are in the app's QueryClient if FlowgladProvider is
 * outside the app's QueryClientProvider.
 */
export const flowgladKeys: readonly QueryKey[] = [['customers/billing'], ['flowglad-usage-meters']]

export function invalidateFlowglad(queryClient: QueryClient): void {
  for (const queryKey of flowgladKeys) void queryClient.invalidateQueries({ queryKey })
}

export type QueryKeys = ReturnType<typeof createQueryKeys>

/**
 * Returns the cache keys of the billing procedures. `@trpc/react-query` and `@trpc/tanstack-react-query`
 * build the same keys, so `trpc.billing.balances.useQuery()` and `useBalances()` share one cache entry.
 *
 * `router` is the billing router's own key: `[path]`, or `[prefix, path]` for a client with a `keyPrefix`.
 */
export function createQueryKeys(router: QueryKey) {
  const path = router.at(-1)
  if (!Array.isArray(path))
    throw new Error(`Invalid query key for the billing router: ${JSON.stringify(router)}`)
  const procedure = (name: string): QueryKey => [...router.slice(0, -1), [...path, name]]
  const query = (name: string, input?: object): QueryKey => [
    ...procedure(name),
    { ...(input && { input }), type: 'query' },
  ]
  return {
    router,
    procedure,
    balances: query('balances'),
    usage: (input: { days: number }) => query('usage', input),
    charges: (input: { limit: number }): QueryKey => [...procedure('charges'), { input, type: 'infinite' }],
    plans: query('plans'),
    /**
     * This key is outside the router's key, so that invalidating the router after a mutation doesn't trigger
     * a request to Flowglad.
     */
    status: ['billing-status', ...router] satisfies QueryKey,
  }
}
