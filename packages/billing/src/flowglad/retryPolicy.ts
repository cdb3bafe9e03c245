import type { Clock } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import { RecentMap } from '../config/recentMap.ts'
import type { UsageEvent } from '../ledger/answers.ts'
import type { EventId } from '../ledger/commands.ts'

type RetryOptions = Pick<
  BillingOptions,
  | 'maxBulks'
  | 'bulkMaxEvents'
  | 'deliverEveryMs'
  | 'deliverMaxPauseMs'
  | 'parkAfterFailures'
  | 'parkAfterMs'
  | 'parkedRetryMs'
>

/** One event's failures in requests that contained no other event. */
interface EventFailures {
  customer: string
  tries: number
  /** The number of rejections that count toward parking. */
  countedRejections: number
  /** True if this event appears to be causing the failures. */
  atFault: boolean
  firstFailedAt: number
  retryAt: number
  /**
   * The number of successful requests when this event last failed. If the number has increased since then,
   * Flowglad accepts other events.
   */
  successesAtLastFailure: number
}

/**
 * The result of one pass over the outbox.
 * - `unavailable`: no progress, because Flowglad did not respond.
 * - `failed`: the pass failed before its end, for example because the ledger can't be written to.
 * - `progress`: at least one event was acknowledged or newly parked, and more events may be waiting.
 * - `delivered`: at least one event was acknowledged or newly parked, and the pass took all waiting events.
 * - `blocked`: there were events to send, but none was acknowledged or newly parked.
 * - `idle`: there was nothing to send.
 */
export type PassState = 'unavailable' | 'failed' | 'progress' | 'delivered' | 'blocked' | 'idle'

const firstPauseMs = 500
const firstEventPauseMs = 1_000
const rememberedEvents = 10_000
/** The maximum number of events per customer that a pass skips because they are backing off. */
const maxSkippedEvents = 100

/**
 * Decides when to retry, what to send next, and when to park an event. Does no I/O. Delivery backs off on
 * three levels:
 * - An event at fault backs off, and is parked if it keeps failing.
 * - A customer backs off while all its events back off.
 * - While Flowglad itself isn't responding, pauses get longer and requests get smaller.
 */
export class RetryPolicy {
  readonly #options: RetryOptions
  readonly #clock: Pick<Clock, 'now'>
  readonly #random: () => number
  readonly #failures = new RecentMap<string, EventFailures>(rememberedEvents)
  readonly #customerRetryAt = new Map<string, number>()
  #successes = 0
  /** The number of consecutive passes that were `unavailable` or `failed`. */
  #fruitlessPasses = 0
  #lastState: PassState = 'idle'
  #requests: number
  #eventsPerRequest: number

  constructor({
    options,
    clock,
    random = Math.random,
  }: {
    options: RetryOptions
    clock: Pick<Clock, 'now'>
    /** Returns a random number from 0 to 1, for jitter. */
    random?: () => number
  }) {
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#requests = options.maxBulks
    this.#eventsPerRequest = options.bulkMaxEvents
  }

  // One event

  /**
   * Returns whether the event must be sent in its own request, so that its rejection doesn't affect other
   * events.
   */
  sendsAlone(event: UsageEvent): boolean {
    return event.parkedBefore || (this.#failures.peek(idOf(event))?.atFault ?? false)
  }

  isBackingOff(event: UsageEvent): boolean {
    return (this.#failures.peek(idOf(event))?.retryAt ?? 0) > this.#clock.now()
  }

  requestSucceeded(): void {
    this.#successes++
  }

  /** Deletes the failures of an event that has been acknowledged or parked. */
  eventResolved(event: EventId): void {
    this.#failures.delete(idOf(event))
  }

  /** Decides what to do when Flowglad rejects an event that was sent in its own request. */
  eventRejected(event: UsageEvent): 'retryLater' | 'park' {
    const { failures, flowgladWorks } = this.#failed(event, this.#options.parkAfterMs / 10)
    failures.atFault = true
    // During an outage, Flowglad may reject every request. A rejection therefore counts only if another
    // request has succeeded since the event's last failure.
    if (flowgladWorks) failures.countedRejections++
    const isHopeless =
      failures.countedRejections >= this.#options.parkAfterFailures &&
      this.#clock.now() - failures.firstFailedAt >= this.#options.parkAfterMs
    return isHopeless || event.parkedBefore ? 'park' : 'retryLater'
  }

  /**
   * Decides what to do when Flowglad doesn't respond to a request that contains only this event. Never parks the
   * event. If other requests have succeeded since the event's last failure, the event is at fault: it backs
   * off, and delivery continues without it.
   */
  eventUnanswered(event: UsageEvent): 'retryLater' | 'flowgladUnavailable' {
    const { failures, flowgladWorks } = this.#failed(event, this.#options.deliverMaxPauseMs)
    failures.atFault ||= flowgladWorks
    return failures.atFault ? 'retryLater' : 'flowgladUnavailable'
  }

  #failed(event: UsageEvent, maxPauseMs: number) {
    const now = this.#clock.now()
    const failures = this.#failures.peek(idOf(event)) ?? {
      customer: event.customer,
      tries: 0,
      countedRejections: 0,
      atFault: false,
      firstFailedAt: now,
      retryAt: now,
      successesAtLastFailure: this.#successes,
    }
    const flowgladWorks = this.#successes > failures.successesAtLastFailure
    const pauseMs = Math.min(firstEventPauseMs * 2 ** failures.tries, maxPauseMs)
    failures.tries++
    failures.successesAtLastFailure = this.#successes
    failures.retryAt = now + pauseMs * (0.75 + this.#random() / 2)
    this.#failures.set(idOf(event), failures)
    return { failures, flowgladWorks }
  }

  /** How long a parked event waits before it is retried. */
  get parkedRetryMs(): number {
    return this.#options.parkedRetryMs
  }

  // One customer

  isCustomerBackingOff(customer: string): boolean {
    return (this.#customerRetryAt.get(customer) ?? 0) > this.#clock.now()
  }

  customersBackingOff(): number {
    const now = this.#clock.now()
    for (const [customer, retryAt] of this.#customerRetryAt)
      if (retryAt <= now) this.#customerRetryAt.delete(customer)
    return this.#customerRetryAt.size
  }

  /**
   * Makes the customer back off after a pass if none of the pass's events can be sent now, or if Flowglad may
   * have caused a failure. Events at fault don't delay the pass's other events. If `canLookFurther` is set,
   * events at fault don't delay later events either.
   */
  customerTried(customer: string, events: UsageEvent[], canLookFurther: boolean): void {
    const backingOff = events.filter((event) => this.isBackingOff(event))
    if (backingOff.length === 0) return
    const othersMayGo = canLookFurther || backingOff.length < events.length
    if (othersMayGo && backingOff.every((event) => this.sendsAlone(event))) return
    const retryAt = Math.min(
      ...backingOff.map((event) => this.#failures.peek(idOf(event))?.retryAt ?? this.#clock.now()),
    )
    this.#customerRetryAt.set(customer, retryAt)
  }

  retryCustomerNow(customer: string): void {
    this.#customerRetryAt.delete(customer)
  }

  retryAllCustomersNow(): void {
    this.#customerRetryAt.clear()
  }

  /**
   * Counts each customer's events at fault that are backing off. A pass takes this many additional events.
   * Otherwise, these events could fill the whole pass, because a pass takes the oldest events first.
   */
  skippedEvents(): Map<string, number> {
    const now = this.#clock.now()
    const counts = new Map<string, number>()
    for (const { customer, atFault, retryAt } of this.#failures.values()) {
      if (!atFault || retryAt <= now) continue
      counts.set(customer, Math.min(maxSkippedEvents, (counts.get(customer) ?? 0) + 1))
    }
    return counts
  }

  /** Returns whether a pass may skip more than `skipped` of a customer's events. */
  canSkipMore(skipped: number): boolean {
    return skipped < maxSkippedEvents
  }

  // All customers

  /**
   * The maximum number of concurrent requests, and of events per request. Both limits adapt to Flowglad's
   * recent answers.
   */
  get load(): { requests: number; eventsPerRequest: number } {
    return { requests: this.#requests, eventsPerRequest: this.#eventsPerRequest }
  }

  /**
   * Adapts the load to the result of a pass. While Flowglad isn't responding, requests shrink, down to one
   * event each, because a single event may be causing the failures.
   */
  adaptLoad({ unavailable, timedOut }: { unavailable: boolean; timedOut: boolean }): void {
    const { maxBulks, bulkMaxEvents } = this.#options
    this.#eventsPerRequest = unavailable
      ? Math.max(1, this.#eventsPerRequest >> 1)
      : Math.min(bulkMaxEvents, this.#eventsPerRequest * 2)
    if (timedOut) this.#requests = Math.max(1, this.#requests >> 1)
    else if (!unavailable) this.#requests = Math.min(maxBulks, this.#requests * 2)
  }

  /**
   * Returns the pauses before the next pass. New usage can end `untilWokenMs` early. Only a shutdown ends
   * `alwaysMs` early. While Flowglad isn't responding or passes fail, `alwaysMs` grows exponentially, with
   * jitter, up to `deliverMaxPauseMs`.
   */
  pausesAfter(state: PassState): { alwaysMs: number; untilWokenMs: number } {
    const { deliverEveryMs, deliverMaxPauseMs } = this.#options
    this.#lastState = state
    const isFruitless = state === 'unavailable' || state === 'failed'
    this.#fruitlessPasses = isFruitless ? this.#fruitlessPasses + 1 : 0
    if (state === 'progress') return { alwaysMs: 0, untilWokenMs: 0 }
    if (!isFruitless) return { alwaysMs: 0, untilWokenMs: deliverEveryMs }
    const pauseMs = Math.min(deliverMaxPauseMs, firstPauseMs * 2 ** Math.min(this.#fruitlessPasses, 10))
    return { alwaysMs: pauseMs * (0.5 + this.#random() / 2), untilWokenMs: 0 }
  }

  /** Whether the last pass was `unavailable`. */
  get isUnavailable(): boolean {
    return this.#lastState === 'unavailable'
  }
}

const idOf = ({ attempt, meter }: EventId) => `${attempt} ${meter}`
