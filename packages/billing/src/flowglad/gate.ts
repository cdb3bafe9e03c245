/** A caller at a gate. A waiting caller can become urgent. */
export interface Waiter {
  urgent: boolean
}

/** Creates a gate that lets at most `width` callers run concurrently. Urgent callers go first. */
export function createGate(width: number) {
  let running = 0
  const queue: { waiter: Waiter; start: () => void }[] = []

  return {
    async enter<T>(waiter: Waiter, run: () => Promise<T>): Promise<T> {
      if (running >= width) await new Promise<void>((start) => queue.push({ waiter, start }))
      else running++
      try {
        return await run()
      } finally {
        const urgent = queue.findIndex(({ waiter: { urgent } }) => urgent)
        const [next] = queue.splice(Math.max(0, urgent), 1)
        if (next) next.start()
        else running--
      }
    },
  }
}
