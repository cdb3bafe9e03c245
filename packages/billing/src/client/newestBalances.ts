import type { BalancesAnswer } from './balances.ts'

/**
 * Of two answers the one that stays: the higher version, whichever way and however late it came. Equal versions mean equal content, but the same
 * version may have been re-read after Flowglad confirmed it, so the newcomer wins a tie.
 */
export function newestBalances<Answer extends BalancesAnswer>(
  known: Answer | undefined,
  arrived: Answer,
): Answer {
  return known && known.version > arrived.version ? known : arrived
}
