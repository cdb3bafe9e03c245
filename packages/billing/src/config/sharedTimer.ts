interface Waiting {
  /** When to run the function, on the monotonic clock. */
  at: number
  run: () => void
}

/** The longest delay that `setTimeout` accepts. */
const maxDelayMs = 2 ** 31 - 1

/**
 * Runs functions after delays, and uses a single `setTimeout` timer. Most calls set deadlines and cancel them
 * soon afterwards, so one timer per deadline would use more CPU than the rest of the call. A function can run
 * in the async context of another caller.
 */
export class SharedTimer {
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined
  #firesAt = Number.POSITIVE_INFINITY

  /**
   * Runs the function after `ms`, and keeps the process running until then. Returns a function that cancels
   * the timer.
   */
  after(ms: number, run: () => void): () => void {
    const waiting = { at: performance.now() + ms, run }
    // In some runtimes, a timer is a number, which has no `ref`.
    if (this.#waiting.size === 0) this.#timer?.ref?.()
    this.#waiting.add(waiting)
    if (waiting.at < this.#firesAt) this.#fireAt(waiting.at)
    return () => void this.#remove(waiting)
  }

  /**
   * Removes the function, and returns whether it was still waiting. Keeps the timer even if no function is left,
   * because the next call can use the timer.
   */
  #remove(waiting: Waiting): boolean {
    const wasWaiting = this.#waiting.delete(waiting)
    if (this.#waiting.size === 0) this.#timer?.unref?.()
    return wasWaiting
  }

  #fireAt(at: number) {
    clearTimeout(this.#timer)
    this.#firesAt = at
    this.#timer = setTimeout(() => this.#fire(), Math.min(at - performance.now(), maxDelayMs))
  }

  #fire() {
    this.#timer = undefined
    this.#firesAt = Number.POSITIVE_INFINITY
    // `setTimeout` can fire up to 1 ms early.
    const now = performance.now() + 1
    let next = Number.POSITIVE_INFINITY
    for (const waiting of this.#waiting) {
      if (waiting.at > now) next = Math.min(next, waiting.at)
      // Use a microtask for each function, because an earlier function can throw, or cancel this one.
      else queueMicrotask(() => this.#remove(waiting) && waiting.run())
    }
    if (next < Number.POSITIVE_INFINITY) this.#fireAt(next)
  }
}
