import { type BalancesAnswer, newestBalances } from '@metered/billing/client'
import { type QueryClient, replaceEqualDeep } from '@tanstack/react-query'
import { ownerOf } from './customerCache.ts'
import type { QueryKeys } from './queryKeys.ts'

/**
 * Stores balances that arrived in a response header or over the stream. The highest version stays, so a late older answer never moves a
 * number backward. Drops the balances of any customer other than the signed-in one.
 */
export function installBalances(queryClient: QueryClient, keys: QueryKeys, answer: BalancesAnswer): void {
  const owner = ownerOf(queryClient)
  if (owner !== undefined && owner !== answer.customer) return
  queryClient.setQueryData<BalancesAnswer>(keys.balances, (known) => newest(known, answer))
}

/**
 * The same rule for fetched balances, as the `structuralSharing` of their query. TanStack Query also calls it with the results of a
 * `select`.
 */
export function newestInCache(known: unknown, fetched: unknown): unknown {
  return isAnswer(known) && isAnswer(fetched) ? newest(known, fetched) : replaceEqualDeep(known, fetched)
}

/** Versions count per customer, so answers for two customers can't be compared. */
function newest(known: BalancesAnswer | undefined, arrived: BalancesAnswer): BalancesAnswer {
  return known?.customer === arrived.customer ? newestBalances(known, arrived) : arrived
}

function isAnswer(value: unknown): value is BalancesAnswer {
  return typeof value === 'object' && value !== null && 'balances' in value && 'version' in value
}
