/** The platform passes it to each function. */
export interface Invocation {
  /** Keeps the function running after its response. */
  waitUntil(work: Promise<unknown>): void
}
