import type { BalancesAnswer } from '../contract/balances.ts'
import { noteArrival, wasSentAfter } from './readOrder.ts'

/**
 * Returns the newer of two responses for the same customer. If the request for `arrived` was sent after
 * `known` had arrived, `arrived` is newer. The version of `arrived` can be lower if the ledger has been
 * restored from a backup. Otherwise, the requests overlapped, and the response with the higher version is
 * newer. If the versions are equal, compares `asOf`, because a new fetch doesn't always change the version.
 * On a tie, prefers `arrived`, which may include the meters' names.
 *
 * `balancesLink` and the billing hooks record when they send requests. Pass the response objects
 * themselves: a copy is compared only by version and `asOf`.
 */
export function newestBalances<Answer extends BalancesAnswer>(
  known: Answer | undefined,
  arrived: Answer,
): Answer {
  const newest = known !== undefined && isNewer(known, arrived) ? known : arrived
  noteArrival(newest)
  return newest
}

/** Returns whether `known` is newer than `arrived`. Returns false if neither response is newer. */
function isNewer(known: BalancesAnswer, arrived: BalancesAnswer): boolean {
  if (known === arrived || wasSentAfter(known, arrived)) return false
  if (known.version !== arrived.version) return known.version > arrived.version
  return (known.asOf ?? 0) > (arrived.asOf ?? 0)
}
