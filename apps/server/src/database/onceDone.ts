/**
 * Returns a function that runs the work on the first call and returns the same result to later calls.
 * Concurrent calls share one run. After a failure, the next call runs the work again.
 */
export function onceDone<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  return () => {
    running ??= work().catch((error: unknown) => {
      running = null
      throw error
    })
    return running
  }
}
