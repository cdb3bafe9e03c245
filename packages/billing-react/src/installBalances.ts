import { type BalancesAnswer, newestBalances } from '@metered/billing/client'
import { type QueryClient, replaceEqualDeep } from '@tanstack/react-query'
import { keys } from './keys.ts'

/**
 * Takes balances that arrived outside a query (in a response's header, over the stream) into the cache. The higher version stays, so a
 * slow old answer never turns a number back.
 */
export function installBalances(queryClient: QueryClient, customer: string, answer: BalancesAnswer): void {
  queryClient.setQueryData<BalancesAnswer>(keys.balances(customer), (known) => newestBalances(known, answer))
}

/**
 * The same rule for answers of the balances query itself, at the moment they are written: TanStack Query calls this with the cached and
 * the fetched answer, and also with whatever a `select` made of them.
 */
export function newestInCache(known: unknown, fetched: unknown): unknown {
  return isAnswer(known) && isAnswer(fetched)
    ? newestBalances(known, fetched)
    : replaceEqualDeep(known, fetched)
}

function isAnswer(value: unknown): value is BalancesAnswer {
  return typeof value === 'object' && value !== null && 'balances' in value && 'version' in value
}
