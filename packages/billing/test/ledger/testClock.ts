import type { Clock } from '../../src/config/clock.ts'

/** Creates a clock that only the test moves. */
export function testClock(start = Date.parse('2026-11-22T12:00:00Z')) {
  let now = start
  return {
    now: () => now,
    advance(ms: number) {
      now += ms
    },
  } satisfies Pick<Clock, 'now'> & { advance(ms: number): void }
}
