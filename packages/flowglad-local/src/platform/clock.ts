import { epochMs } from '../rules/bounds.ts'
import { Problem } from './problems.ts'

/** The platform's time: the machine's clock plus whatever a developer advanced it by. Epoch milliseconds. */
export interface Clock {
  now(): number
  /**
   * Goes forwards, by whole milliseconds.
   * @returns what takes it back
   * @throws Problem when it would go back, or further than dates make sense here
   */
  advance(ms: number): () => void
  /** How far ahead of its source the clock is. */
  readonly offsetMs: number
}

/**
 * A clock that can only go forwards.
 * @param source where time comes from; defaults to the machine. A test passes `() => Date.UTC(2027, 0, 31)` to stand on a date.
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
          `The clock moves forwards, by whole milliseconds, until 2200: not by ${ms}`,
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
