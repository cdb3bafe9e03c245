import type { BalancesAnswer } from '../contract/balances.ts'
import { newestBalances } from '../contract/newestBalances.ts'
import { type BillingQueryKey, billingQueryKeys } from './billingQueryKeys.ts'
import { cacheOwner } from './cacheOwner.ts'

/** The part of TanStack Query's `QueryClient` that stores balances. */
export interface BalancesCache {
  /** Replaces a query's cached data. */
  setQueryData(queryKey: BillingQueryKey, update: (known: unknown) => unknown): unknown
  /** Returns the default options for queries that match the key. */
  getQueryDefaults(queryKey: BillingQueryKey): object
  /** Sets the default options for queries that match the key. */
  setQueryDefaults(queryKey: BillingQueryKey, defaults: object): void
}

/** A function for TanStack Query's `structuralSharing` option. Combines cached data with fetched data. */
type Replace = (known: unknown, fetched: unknown) => unknown

/**
 * Stores balances that arrived outside a query, for example in a response header. Keeps the newest version, so
 * an older answer that arrives late never replaces a newer answer. Ignores other customers' balances if the
 * cache has an owner.
 *
 * `queryKey` is the billing router's key. The default, `[['billing']]`, matches a router that is mounted as
 * `billing`.
 */
export function installBalances(
  queryClient: Pick<BalancesCache, 'setQueryData'>,
  answer: BalancesAnswer,
  { queryKey }: { queryKey?: BillingQueryKey | undefined } = {},
): void {
  const owner = cacheOwner(queryClient)
  if (owner !== undefined && owner !== answer.customer) return
  queryClient.setQueryData(billingQueryKeys(queryKey).balances, (known) =>
    isAnswer(known) ? newest(known, answer) : answer,
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
  const { balances } = billingQueryKeys(queryKey)
  const defaults = queryClient.getQueryDefaults(balances)
  queryClient.setQueryDefaults(balances, { ...defaults, structuralSharing: newestInCache() })
}

/**
 * Returns the `structuralSharing` option for the balances query. TanStack Query also calls this function with
 * the results of `select`, which `otherwise` combines.
 */
export const newestInCache =
  (otherwise: Replace = (_known, fetched) => fetched): Replace =>
  (known, fetched) =>
    isAnswer(known) && isAnswer(fetched) ? newest(known, fetched) : otherwise(known, fetched)

/**
 * Returns the newer answer. If the answers are for different customers, returns the answer that has just
 * arrived, because their versions can't be compared.
 */
function newest(known: BalancesAnswer, arrived: BalancesAnswer): BalancesAnswer {
  return known.customer === arrived.customer ? newestBalances(known, arrived) : arrived
}

function isAnswer(value: unknown): value is BalancesAnswer {
  return typeof value === 'object' && value !== null && 'balances' in value && 'version' in value
}
