/** Remembers the latest time of a store's clock, to detect when the clock steps backward. */
export interface ClockWatch {
  /** Remembers a time that was read from the clock, and returns it. */
  note(now: number): number
  /**
   * Returns a function that measures how far `now` is behind the later of two times: the latest time that was
   * remembered before this call, and the time of the newest event. Call `start` before reading `now`, because
   * concurrent reads can remember later times.
   */
  start(): (now: number, newestEvent: number | null) => number
}

export function createClockWatch(): ClockWatch {
  let latest = 0
  const note = (now: number) => {
    latest = Math.max(latest, now)
    return now
  }
  return {
    note,
    start() {
      const latestBefore = latest
      return (now, newestEvent) => Math.max(0, Math.max(latestBefore, newestEvent ?? 0) - note(now))
    },
  }
}
