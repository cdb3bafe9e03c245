import type { UsageQuery } from '../contract/charges.ts'

/** A TanStack Query key, such as `[['billing']]`. */
export type BillingQueryKey = readonly unknown[]

/** The billing procedures' cache keys. */
export interface BillingQueryKeys {
  /** The billing router's path in the app's router, such as `billing`. */
  path: string
  /** The billing router's own key, which matches all billing queries. */
  router: BillingQueryKey
  /** Returns the key that matches all queries of one procedure. */
  procedure: (name: string) => BillingQueryKey
  balances: BillingQueryKey
  /** Returns the key of a usage query. */
  usage: (input: UsageQuery) => BillingQueryKey
  /** Returns the key of the charges query for pages of `limit` charges. */
  charges: (input: { limit: number }) => BillingQueryKey
  plans: BillingQueryKey
  budgets: BillingQueryKey
  /** The key of the alerts query without a limit. */
  alerts: BillingQueryKey
  statement: BillingQueryKey
  /** Returns the key of the preview query for a change to the plan with this price. */
  previewChange: (input: { priceSlug: string }) => BillingQueryKey
}

/**
 * Returns the cache keys of the billing procedures. `@trpc/react-query` and `@trpc/tanstack-react-query`
 * build the same keys, so `trpc.billing.balances.useQuery()`, `useBalances()` and `billingLinks` share one
 * cache entry.
 *
 * `router` is the billing router's own key: `[path]`, or `[prefix, path]` for a client with a `keyPrefix`. The
 * default, `[['billing']]`, is the key of a router at the path `billing`.
 */
export function billingQueryKeys(router: BillingQueryKey = [['billing']]): BillingQueryKeys {
  const path = router.at(-1)
  if (!Array.isArray(path))
    throw new Error(
      `Invalid query key for the billing router: ${JSON.stringify(router)}. Pass a key such as [['billing']].`,
    )
  const procedure = (name: string): BillingQueryKey => [...router.slice(0, -1), [...path, name]]
  const query = (name: string, input?: object): BillingQueryKey => [
    ...procedure(name),
    { ...(input && { input }), type: 'query' },
  ]
  return {
    path: path.join('.'),
    router,
    procedure,
    balances: query('balances'),
    usage: (input) => query('usage', input),
    charges: (input) => [...procedure('charges'), { input, type: 'infinite' }],
    plans: query('plans'),
    budgets: query('budgets'),
    alerts: query('alerts'),
    statement: query('statement'),
    previewChange: (input) => query('previewChange', input),
  }
}
