/** The object that the platform passes to each function. */
export interface Invocation {
  /** Keeps the function running until `work` has ended, even after the response. */
  waitUntil(work: Promise<unknown>): void
}
