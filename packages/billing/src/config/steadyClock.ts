import type { Clock } from './clock.ts'

/**
 * Creates a clock for measuring durations. When the given clock steps backward, this clock continues from its
 * last time, so the step doesn't affect pauses, deadlines or ages in this process. After a step, its time
 * differs from the given clock's time. Use the given clock for dates.
 */
export function steadyClock(clock: Clock): Clock {
  let last = clock.now()
  let behindMs = 0
  return {
    now() {
      const now = clock.now()
      if (now < last) behindMs += last - now
      last = now
      return now + behindMs
    },
    after: (ms, run, options) => clock.after(ms, run, options),
  }
}
