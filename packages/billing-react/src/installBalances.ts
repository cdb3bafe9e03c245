import { type BalancesAnswer, newestBalances } from '@metered/billing/client'
import { type QueryClient, replaceEqualDeep } from '@tanstack/react-query'
import { ownerOf } from './customerCache.ts'
import type { QueryKeys } from './queryKeys.ts'

/**
 * Stores balances that arrived in a response header or over the stream. Keeps the newest version, so an older
 * answer that arrives late never replaces a newer answer. Ignores other customers' balances.
 */
export function installBalances(queryClient: QueryClient, keys: QueryKeys, answer: BalancesAnswer): void {
  const owner = ownerOf(queryClient)
  if (owner !== undefined && owner !== answer.customer) return
  queryClient.setQueryData<BalancesAnswer>(keys.balances, (known) => newest(known, answer))
}

/**
 * Keeps the newest version when balances are fetched. Used as the `structuralSharing` option of the balances
 * query. TanStack Query also calls it with the results of `select`.
 */
export function newestInCache(known: unknown, fetched: unknown): unknown {
  return isAnswer(known) && isAnswer(fetched) ? newest(known, fetched) : replaceEqualDeep(known, fetched)
}

/**
 * Each customer has a separate sequence of versions, so answers for different customers can't be compared.
 */
function newest(known: BalancesAnswer | undefined, arrived: BalancesAnswer): BalancesAnswer {
  return known?.customer === arrived.customer ? newestBalances(known, arrived) : arrived
}

function isAnswer(value: unknown): value is BalancesAnswer {
  return typeof value === 'object' && value !== null && 'balances' in value && 'version' in value
}
