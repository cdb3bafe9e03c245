/** Lets at most `width` run at a time; the urgent pass those who can wait. */
export function createGate(width: number) {
  let inside = 0
  const urgentQueue: (() => void)[] = []
  const queue: (() => void)[] = []

  return {
    async enter<T>(urgent: boolean, run: () => Promise<T>): Promise<T> {
      if (inside >= width) await new Promise<void>((turn) => (urgent ? urgentQueue : queue).push(turn))
      else inside++
      try {
        return await run()
      } finally {
        const next = urgentQueue.shift() ?? queue.shift()
        if (next) next()
        else inside--
      }
    },
  }
}
