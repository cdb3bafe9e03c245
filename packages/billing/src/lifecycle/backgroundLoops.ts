/** One instance's background loops: delivery and the sweeper. Stopped loops can't be restarted. */
export class BackgroundLoops {
  readonly #run: (stopping: AbortSignal) => Promise<unknown>
  readonly #stopping = new AbortController()
  #running: Promise<unknown> | null = null
  #keepAlive: NodeJS.Timeout | null = null

  /** `run` runs the loops until the signal is aborted. */
  constructor(run: (stopping: AbortSignal) => Promise<unknown>) {
    this.#run = run
  }

  get isRunning(): boolean {
    return this.#running !== null && !this.#stopping.signal.aborted
  }

  /** Whether the loops keep the process running. */
  get keepsAlive(): boolean {
    return this.#keepAlive !== null
  }

  /** Starts the loops, unless they are running or have been stopped. */
  start({ keepAlive }: { keepAlive: boolean }): void {
    if (this.#stopping.signal.aborted) return
    this.#running ??= this.#run(this.#stopping.signal)
    // The loops' own timers don't keep the process running, but this timer does.
    if (keepAlive) this.#keepAlive ??= setInterval(() => {}, 3_600_000)
  }

  /** Stops the loops permanently. Resolves when the loops have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    if (this.#keepAlive) clearInterval(this.#keepAlive)
    await this.#running
  }
}
