import type { Clock } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { EventId, UsageEvent } from '../ledger/commands.ts'
import { RecentMap } from './recentMap.ts'

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

/** The failures of one event. Each happened in a request that carried this event alone. */
interface EventFailures {
  customer: string
  tries: number
  /** Rejections that count toward parking. */
  countedRejections: number
  /** True once the failures appear to be this event's fault. */
  atFault: boolean
  firstFailedAt: number
  retryAt: number
  /**
   * The number of successful requests at the last failure. If it is higher now, Flowglad accepts other
   * events.
   */
  successesAtLastFailure: number
}

/**
 * The result of one pass over the outbox.
 * `unavailable`: Flowglad did not answer. `progress`: at least one event was acknowledged or newly parked.
 * `blocked`: there were events, and none of them got through. `idle`: there was nothing to send.
 */
export type PassState = 'unavailable' | 'progress' | 'blocked' | 'idle'

const firstPauseMs = 500
const firstEventPauseMs = 1_000
/** Calls that end within this time share a bulk request. */
const gatheringMs = 50
const rememberedEvents = 10_000
/** A pass skips at most this many of a customer's events that are backing off. */
const maxSkippedEvents = 100

/**
 * Returns whether one more request with the same event is needed to learn whether Flowglad has it. Flowglad may record an event and then
 * answer with an error, so a single rejection proves little. A second request would return the recorded event. If that one is rejected too,
 * the event counts as not recorded. If Flowglad has it after all, its units are subtracted twice until the next fetch: for a while the
 * customer can spend too little, but never too much.
 */
export const isInconclusive = (consecutiveRejections: number | undefined) => consecutiveRejections === 1

/**
 * Decides when delivery tries again, what it sends next, and when it gives up on an event and parks it. Does no I/O.
 * There are three levels: one event (its own backoff, then parking), one customer (waits while all its events back off), and
 * Flowglad as a whole (growing pauses and smaller requests while it does not answer).
 */
export class RetryPolicy {
  readonly #options: RetryOptions
  readonly #clock: Pick<Clock, 'now'>
  readonly #random: () => number
  readonly #failures = new RecentMap<string, EventFailures>(rememberedEvents)
  readonly #customerRetryAt = new Map<string, number>()
  #successes = 0
  #unavailablePasses = 0
  #requests: number
  #eventsPerRequest: number

  constructor({
    options,
    clock,
    random = Math.random,
  }: {
    options: RetryOptions
    clock: Pick<Clock, 'now'>
    /** Returns a number from 0 to 1, for jitter. */
    random?: () => number
  }) {
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#requests = options.maxBulks
    this.#eventsPerRequest = options.bulkMaxEvents
  }

  // One event

  /** Returns whether the event is sent in its own request, so that its rejection doesn't affect other events. */
  sendsAlone(event: UsageEvent): boolean {
    return event.parkedBefore || (this.#failures.peek(idOf(event))?.atFault ?? false)
  }

  isBackingOff(event: UsageEvent): boolean {
    return (this.#failures.peek(idOf(event))?.retryAt ?? 0) > this.#clock.now()
  }

  requestSucceeded(): void {
    this.#successes++
  }

  /** Forgets the failures of an event that is acknowledged or parked. */
  eventResolved(event: EventId): void {
    this.#failures.delete(idOf(event))
  }

  /** Decides what to do when Flowglad itself rejects an event that was sent alone. */
  eventRejected(event: UsageEvent): 'retryLater' | 'park' {
    const { failures, flowgladWorks } = this.#failed(event, this.#options.parkAfterMs / 10)
    failures.atFault = true
    // During an outage Flowglad rejects everything, so a rejection counts only if another request has succeeded since the last one.
    if (flowgladWorks) failures.countedRejections++
    const isHopeless =
      failures.countedRejections >= this.#options.parkAfterFailures &&
      this.#clock.now() - failures.firstFailedAt >= this.#options.parkAfterMs
    return isHopeless || event.parkedBefore ? 'park' : 'retryLater'
  }

  /**
   * Decides what to do when an event that was sent alone gets no answer, or an answer that isn't Flowglad's. Never parks the event.
   * An event that fails while other requests succeed is at fault; it waits, and delivery continues without it.
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

  /** How long a parked event waits for its next try. */
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
   * Backs the customer off after a pass that tried `events`, if all of them are backing off, or if Flowglad may be at fault for one of
   * them. An event at fault doesn't delay the other events of the pass or, if the next pass can look further, the events behind it.
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
   * Returns, for each customer, how many events at fault are backing off. They are the oldest, so a pass
   * takes that many more events and skips them. Otherwise they would take the places of events that can be
   * sent.
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

  /** Returns whether a pass that skipped this many of a customer's events may skip more next time. */
  canSkipMore(skipped: number): boolean {
    return skipped < maxSkippedEvents
  }

  // Flowglad as a whole

  /** The number of concurrent requests, and of events in each, that Flowglad has handled recently. */
  get load(): { requests: number; eventsPerRequest: number } {
    return { requests: this.#requests, eventsPerRequest: this.#eventsPerRequest }
  }

  /** Adapts the load. While Flowglad doesn't answer, requests shrink, down to single events, because one event may be the cause. */
  adaptLoad({ unavailable, timedOut }: { unavailable: boolean; timedOut: boolean }): void {
    const { maxBulks, bulkMaxEvents } = this.#options
    this.#eventsPerRequest = unavailable
      ? Math.max(1, this.#eventsPerRequest >> 1)
      : Math.min(bulkMaxEvents, this.#eventsPerRequest * 2)
    if (timedOut) this.#requests = Math.max(1, this.#requests >> 1)
    else if (!unavailable) this.#requests = Math.min(maxBulks, this.#requests * 2)
  }

  /**
   * Returns the pauses before the next pass. New usage ends `untilWokenMs` early; only a stop ends `alwaysMs`
   * early.
   * While Flowglad does not answer, the pause grows exponentially, with jitter, up to `deliverMaxPauseMs`.
   */
  pausesAfter(state: PassState): { alwaysMs: number; untilWokenMs: number } {
    const { deliverEveryMs, deliverMaxPauseMs } = this.#options
    this.#unavailablePasses = state === 'unavailable' ? this.#unavailablePasses + 1 : 0
    const gatherMs = Math.min(gatheringMs, deliverEveryMs)
    if (state === 'progress') return { alwaysMs: gatherMs, untilWokenMs: 0 }
    if (state !== 'unavailable') return { alwaysMs: gatherMs, untilWokenMs: deliverEveryMs }
    const pauseMs = Math.min(deliverMaxPauseMs, firstPauseMs * 2 ** Math.min(this.#unavailablePasses, 10))
    return { alwaysMs: pauseMs * (0.5 + this.#random() / 2) + gatherMs, untilWokenMs: 0 }
  }

  /** Whether the last pass got no answer from Flowglad. */
  get isUnavailable(): boolean {
    return this.#unavailablePasses > 0
  }
}

const idOf = ({ attempt, meter }: EventId) => `${attempt} ${meter}`
