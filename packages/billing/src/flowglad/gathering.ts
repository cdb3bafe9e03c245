import { type Clock, sleep } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'

/** The longest additional wait while the events don't fill one request, as a multiple of `deliverAfterMs`. */
const extraWaits = 4

/** Waits until new usage events can be sent together. */
export class Gathering {
  readonly #clock: Clock
  readonly #waitMs: number
  #events = 0
  #waiting: { forEvents: number; end: AbortController } | null = null
  #hasStopped = false

  constructor({ clock, options }: { clock: Clock; options: Pick<BillingOptions, 'deliverAfterMs'> }) {
    this.#clock = clock
    this.#waitMs = options.deliverAfterMs
  }

  /** Counts new events. Ends the wait if there are enough. */
  add(events: number): void {
    this.#events += events
    if (this.#waiting && this.#events >= this.#waiting.forEvents) this.#waiting.end.abort()
  }

  /** Sets the count to 0. Call this before a pass, which takes all events so far. */
  reset(): void {
    this.#events = 0
  }

  /**
   * Waits at most `idleMs` for new usage. After the first event, waits `deliverAfterMs` for more. Ends this
   * wait early once the events fill all `requests`, and extends it while the events don't fill one request.
   */
  async wait({
    idleMs,
    requests,
    eventsPerRequest,
  }: {
    idleMs: number
    requests: number
    eventsPerRequest: number
  }): Promise<void> {
    if (!(await this.#until(1, idleMs))) return
    if (await this.#until(requests * eventsPerRequest, this.#waitMs)) return
    await this.#until(eventsPerRequest, this.#waitMs * extraWaits)
  }

  /** Ends the current wait, and makes later waits return immediately. */
  stop(): void {
    this.#hasStopped = true
    this.#waiting?.end.abort()
  }

  /** Waits for new events, at most `ms`. Returns whether there are enough. */
  async #until(events: number, ms: number): Promise<boolean> {
    if (this.#events < events && ms > 0 && !this.#hasStopped) {
      const end = new AbortController()
      this.#waiting = { forEvents: events, end }
      await sleep(this.#clock, ms, end.signal, { keepAlive: false })
      this.#waiting = null
    }
    return this.#events >= events
  }
}
