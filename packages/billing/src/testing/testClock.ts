import type { Clock } from '../config/clock.ts'

interface Timer {
  at: number
  run: () => void
}

/** Returns a clock that runs in real time. A test can also move the clock ahead with `advance`. */
export function testClock(start = Date.now()): Clock & {
  /** Moves the clock ahead, and runs the timers that become due, in order. */
  advance(ms: number): Promise<void>
} {
  let offsetMs = start - Date.now()
  const timers = new Map<Timer, ReturnType<typeof setTimeout>>()
  const now = () => Date.now() + offsetMs
  const cancel = (timer: Timer) => {
    clearTimeout(timers.get(timer))
    return timers.delete(timer)
  }
  const fire = (timer: Timer) => {
    if (cancel(timer)) timer.run()
  }

  return {
    now,
    after(ms, run) {
      const timer = { at: now() + ms, run }
      timers.set(
        timer,
        setTimeout(() => fire(timer), ms),
      )
      return () => void cancel(timer)
    },
    async advance(ms) {
      const until = now() + ms
      for (;;) {
        const [next] = [...timers.keys()].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
        if (!next) break
        offsetMs += Math.max(0, next.at - now())
        fire(next)
        // Wait, because the callback can set more timers.
        await new Promise((resolve) => setImmediate(resolve))
      }
      offsetMs += Math.max(0, until - now())
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
