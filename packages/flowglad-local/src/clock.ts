/** The platform's time: the machine's clock plus whatever a developer advanced it by. Epoch milliseconds. */
export interface Clock {
  now(): number
  advance(ms: number): void
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
      offset += ms
    },
    get offsetMs() {
      return offset
    },
  }
}
