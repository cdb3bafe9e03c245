import type { Clock } from '../../src/ledger/clock.ts'

/** A clock that moves only when told. */
export function testClock(start = Date.parse('2026-11-22T12:00:00Z')) {
  let now = start
  return {
    now: () => now,
    advance(ms: number) {
      now += ms
    },
  } satisfies Clock & { advance(ms: number): void }
}
