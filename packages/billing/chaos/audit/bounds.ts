import type { Call } from '../calls/call.ts'

/** The units that an operation may be billed. `least` and `most` differ if the operation's outcome is unknown. */
export interface Bounds {
  least: number
  most: number
}

export const isAnswered = ({ answers }: Pick<Call, 'answers'>): boolean =>
  answers.some(({ state }) => state === 'answered')

/**
 * Returns how many units an operation may be billed, given its answers. With `isCutShort`, the operation is a
 * stream that was charged before it ended, so it may be billed for as few as one unit.
 */
export function boundsOf(call: Pick<Call, 'answers' | 'amount' | 'kind'>, isCutShort = false): Bounds {
  const { answers, amount, kind } = call
  if (isAnswered(call)) return { least: isCutShort ? 1 : amount, most: amount }
  const isCompleted = answers.some((it) => it.state === 'denied' && it.code === 'ALREADY_COMPLETED')
  // A stream that didn't end is billed only for the units that it counted, which can be as few as one.
  if (isCompleted) return { least: kind === 'stream' ? 1 : amount, most: amount }
  const isUnknown = answers.some(({ state }) => state === 'unknown')
  return { least: 0, most: isUnknown && kind !== 'failing' ? amount : 0 }
}
