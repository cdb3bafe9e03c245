/** Who waits at a gate; may become urgent while waiting. */
export interface Waiter {
  urgent: boolean
}

/** Lets at most `width` run at a time; the urgent pass those who can wait. */
export function createGate(width: number) {
  let inside = 0
  const queue: { waiter: Waiter; turn: () => void }[] = []

  return {
    async enter<T>(waiter: Waiter, run: () => Promise<T>): Promise<T> {
      if (inside >= width) await new Promise<void>((turn) => queue.push({ waiter, turn }))
      else inside++
      try {
        return await run()
      } finally {
        const urgent = queue.findIndex(({ waiter: { urgent } }) => urgent)
        const [next] = queue.splice(Math.max(0, urgent), 1)
        if (next) next.turn()
        else inside--
      }
    },
  }
}
