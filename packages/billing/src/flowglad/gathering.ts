import { type Clock, sleep } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'

/** The maximum extra wait if the events don't fill one request yet, as a multiple of `deliverAfterMs`. */
const extraWaits = 4

/** Delays delivery so that new usage events share a request. */
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

  /** Counts new events. Ends the current wait if the count is high enough. */
  add(events: number): void {
    this.#events += events
    if (this.#waiting && this.#events >= this.#waiting.forEvents) this.#waiting.end.abort()
  }

  /**
   * Sets the count of new events to 0. Call this method before a pass, because a pass takes all new events.
   */
  reset(): void {
    this.#events = 0
  }

  /**
   * Waits at most `idleMs` for new usage. After the first event, waits `deliverAfterMs` for more. This second
   * wait ends early when the events fill all `requests`, and is extended while they don't fill one request.
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

  /**
   * Waits until the count reaches `events`, but at most `ms`. Returns whether the count has reached `events`.
   */
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
