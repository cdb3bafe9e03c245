import { type BalancesAnswer, newestBalances } from '@metered/billing/client'
import { type QueryClient, replaceEqualDeep } from '@tanstack/react-query'
import { keys } from './keys.ts'
import { ownerOf } from './owners.ts'

/**
 * Takes balances that arrived outside a query (in a response's header, over the stream) into the cache. The higher version stays, so a
 * slow old answer never turns a number back; and what arrives for anybody but the customer who is signed in is dropped.
 */
export function installBalances(queryClient: QueryClient, answer: BalancesAnswer): void {
  const owner = ownerOf(queryClient)
  if (owner !== undefined && owner !== answer.customer) return
  queryClient.setQueryData<BalancesAnswer>(keys.balances(answer.customer), (known) =>
    newestBalances(known, answer),
  )
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
