import type { BalancesAnswer } from './balances.ts'

/**
 * Returns the newer of two answers for the same customer. Compares the version, then `asOf`, because a new
 * fetch doesn't always change the version. On a tie, prefers the incoming answer, which may include the
 * meters' names.
 */
export function newestBalances<Answer extends BalancesAnswer>(
  known: Answer | undefined,
  arrived: Answer,
): Answer {
  if (known === undefined) return arrived
  if (known.version !== arrived.version) return known.version > arrived.version ? known : arrived
  return (known.asOf ?? 0) > (arrived.asOf ?? 0) ? known : arrived
}
