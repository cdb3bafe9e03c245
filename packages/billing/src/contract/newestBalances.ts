import type { BalancesAnswer } from './balances.ts'

/**
 * Of two answers for one customer the one that stays: the higher version, whichever way and however late it came. Flowglad may have confirmed a version
 * since, so between equal ones it is the later `asOf`; between the same of those the newcomer, which may have learned the meters' names.
 */
export function newestBalances<Answer extends BalancesAnswer>(
  known: Answer | undefined,
  arrived: Answer,
): Answer {
  if (known === undefined) return arrived
  if (known.version !== arrived.version) return known.version > arrived.version ? known : arrived
  return (known.asOf ?? 0) > (arrived.asOf ?? 0) ? known : arrived
}
