import type { BalancesAnswer } from '../contract/balances.ts'
import { type BillingQueryKey, billingQueryKeys } from './billingQueryKeys.ts'
import { admits } from './cacheOwner.ts'
import { newestBalances } from './newestBalances.ts'

/** The part of TanStack Query's `QueryClient` that stores balances. */
export interface BalancesCache {
  /** Returns the cached data, or undefined if there is none. */
  getQueryData(queryKey: BillingQueryKey): unknown
  /** Stores the result of `update`, which receives the cached data. */
  setQueryData(queryKey: BillingQueryKey, update: (known: unknown) => unknown): unknown
  /** Returns the default options for queries that match the key. */
  getQueryDefaults(queryKey: BillingQueryKey): object
  /** Sets the default options for queries that match the key. */
  setQueryDefaults(queryKey: BillingQueryKey, defaults: object): void
}

/** A function for TanStack Query's `structuralSharing` option. Combines cached data with fetched data. */
type Replace = (known: unknown, fetched: unknown) => unknown

/**
 * Stores balances that arrived outside a query, for example in a response header. Keeps the newest balances, so
 * an older response that arrives late never replaces them. Ignores other customers' balances if the cache has an
 * owner.
 *
 * `queryKey` is the billing router's key. The default, `[['billing']]`, matches a router that is mounted as
 * `billing`.
 */
export function installBalances(
  queryClient: Pick<BalancesCache, 'setQueryData'>,
  answer: BalancesAnswer,
  { queryKey }: { queryKey?: BillingQueryKey | undefined } = {},
): void {
  if (!admits(queryClient, answer)) return
  queryClient.setQueryData(billingQueryKeys(queryKey).balances, (known) =>
    newest(isAnswer(known) ? known : undefined, answer),
  )
}

/**
 * Configures the cache so that a slow balances query never replaces balances from a newer response. Call this
 * function once for each cache.
 */
export function keepNewestBalances(
  queryClient: BalancesCache,
  { queryKey }: { queryKey?: BillingQueryKey | undefined } = {},
): void {
  const defaults = queryClient.getQueryDefaults(billingQueryKeys(queryKey).balances)
  queryClient.setQueryDefaults(billingQueryKeys(queryKey).balances, {
    ...defaults,
    structuralSharing: newestInCache(queryClient, { queryKey }),
  })
}

/**
 * Returns the `structuralSharing` option for the balances query. TanStack Query also calls the option with an
 * observer's results, such as those of `select`. `otherwise` combines these results without a comparison,
 * because the cached balances are already the newest.
 */
export function newestInCache(
  queryClient: Pick<BalancesCache, 'getQueryData'>,
  { queryKey }: { queryKey?: BillingQueryKey | undefined } = {},
  otherwise: Replace = (_known, fetched) => fetched,
): Replace {
  const { balances } = billingQueryKeys(queryKey)
  return (known, fetched) => {
    if (!isAnswer(fetched)) return otherwise(known, fetched)
    if (known === undefined) return newest(undefined, fetched)
    const isCached = known === queryClient.getQueryData(balances)
    return isCached && isAnswer(known) ? newest(known, fetched) : otherwise(known, fetched)
  }
}

/**
 * Returns the newer response, or `arrived` if the responses are for different customers. Versions of different
 * customers can't be compared.
 */
function newest(known: BalancesAnswer | undefined, arrived: BalancesAnswer): BalancesAnswer {
  return newestBalances(known?.customer === arrived.customer ? known : undefined, arrived)
}

function isAnswer(value: unknown): value is BalancesAnswer {
  return typeof value === 'object' && value !== null && 'balances' in value && 'version' in value
}
