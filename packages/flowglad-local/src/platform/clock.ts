import { epochMs } from '../rules/bounds.ts'
import { Problem } from './problems.ts'

/** The platform's time in epoch milliseconds: the machine's clock plus what a developer advanced it by. */
export interface Clock {
  now(): number
  /**
   * Moves the clock forward by whole milliseconds.
   * @returns a function that undoes the move
   * @throws Problem when the clock would go back or beyond the year 2200
   */
  advance(ms: number): () => void
  /** How far the clock is ahead of its source. */
  readonly offsetMs: number
}

/**
 * Creates a clock that only moves forward.
 * @param source where time comes from; default: the machine. A test passes `() => Date.UTC(2027, 0, 31)` for
 * a fixed date.
 */
export function createClock({
  source = Date.now,
  offsetMs = 0,
}: {
  source?: () => number
  offsetMs?: number
} = {}): Clock {
  let offset = offsetMs
  return {
    now: () => source() + offset,
    advance: (ms) => {
      if (!Number.isSafeInteger(ms) || ms < 0 || !epochMs.safeParse(source() + offset + ms).success)
        throw new Problem(
          'BAD_REQUEST',
          `Cannot move the clock by ${ms}. It moves forward by whole milliseconds, at most to the year 2200.`,
        )
      const before = offset
      offset += ms
      return () => {
        offset = before
      }
    },
    get offsetMs() {
      return offset
    },
  }
}
