/** The object that the platform passes to each function. */
export interface Invocation {
  /** Keeps the function running after its response. */
  waitUntil(work: Promise<unknown>): void
}
