import { epochMs } from '../rules/bounds.ts'
import { Problem } from './problems.ts'

/** The platform's time in epoch milliseconds: the machine's clock plus the offset. */
export interface Clock {
  now(): number
  /**
   * Moves the clock forward by whole milliseconds.
   * @returns a function that undoes the move
   * @throws Problem if the clock would move backward or past the year 2200
   */
  advance(ms: number): () => void
  /**
   * Continues from a stored offset. The first call replaces the clock's offset. A later call can only
   * increase the offset.
   */
  restore(offsetMs: number): void
  /** The number of milliseconds by which the clock is ahead of its source. */
  readonly offsetMs: number
}

/**
 * Creates a clock that only moves forward.
 * @param source the time source; default: the machine's clock. A test can fix the date with
 * `() => Date.UTC(2027, 0, 31)`.
 */
export function createClock({
  source = Date.now,
  offsetMs = 0,
}: {
  source?: () => number
  offsetMs?: number
} = {}): Clock {
  let offset = offsetMs
  let isRestored = false
  return {
    now: () => source() + offset,
    advance: (ms) => {
      if (!Number.isSafeInteger(ms) || ms < 0 || !epochMs.safeParse(source() + offset + ms).success)
        throw new Problem(
          'BAD_REQUEST',
          `Cannot move the clock by ${ms}. It moves only forward, by whole milliseconds, and only until the year 2200.`,
        )
      const before = offset
      offset += ms
      return () => {
        offset = before
      }
    },
    restore: (stored) => {
      offset = isRestored ? Math.max(offset, stored) : stored
      isRestored = true
    },
    get offsetMs() {
      return offset
    },
  }
}
