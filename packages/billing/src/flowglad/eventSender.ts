import type { Logger } from '../config/logger.ts'
import type { UsageEvent } from '../ledger/answers.ts'
import { groupBy } from '../ledger/groupBy.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isOutage } from '../ledger/reportOutages.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import { type LookUp, lookUpUsageEvents } from './lookUpUsageEvents.ts'
import type { RetryPolicy } from './retryPolicy.ts'
import { countingRejections, type Sending, stillLeased } from './sending.ts'
import {
  type BulkAnswer,
  createUsageEvent,
  createUsageEvents,
  type RecordedEvent,
} from './usageEventRequests.ts'

export interface SendResult {
  /**
   * True if Flowglad didn't respond, or if an acknowledgement couldn't be stored. In both cases, the remaining
   * events in the batch were not sent.
   */
  unavailable: boolean
  timedOut: boolean
  /** The number of events that were acknowledged or newly parked. */
  resolved: number
}

/** The result so far, and the events whose last rejection was inconclusive. */
interface Progress extends SendResult {
  inconclusive: { sending: Sending; reason: string }[]
}

/**
 * Sends usage events and writes each event's outcome to the ledger. Flowglad handles a bulk request
 * atomically: if one event is bad, all events are rejected. A rejected bulk request is therefore split until
 * the bad event is isolated. If the answer to a bulk request omits an event, that event is sent again in its
 * own request. Only the answer to that request shows which event Flowglad has recorded under the transaction
 * ID.
 */
export class EventSender {
  readonly #ledger: Ledger
  readonly #flowglad: FlowgladClient
  readonly #retries: RetryPolicy
  readonly #logger: Logger
  readonly #stopping: AbortSignal

  constructor(parts: {
    ledger: Ledger
    flowglad: FlowgladClient
    retries: RetryPolicy
    logger: Logger
    /** Sending stops when this signal aborts. */
    stopping: AbortSignal
  }) {
    this.#ledger = parts.ledger
    this.#flowglad = parts.flowglad
    this.#retries = parts.retries
    this.#logger = parts.logger
    this.#stopping = parts.stopping
  }

  /**
   * Sends events in bulk requests, and then events at fault (see `RetryPolicy`) one by one. Skips events at
   * fault that are backing off.
   */
  async send(batch: Sending[]): Promise<SendResult> {
    const retries = this.#retries
    const result: Progress = { unavailable: false, timedOut: false, resolved: 0, inconclusive: [] }
    const together = batch.filter(({ event }) => !retries.sendsAlone(event))
    while (together.length > 0)
      await this.#sendTogether(together.splice(0, retries.load.eventsPerRequest), result)
    const alone = batch.filter(({ event }) => retries.sendsAlone(event) && !retries.isBackingOff(event))
    for (const sending of alone) await this.#sendAlone(sending, result)
    await this.#decideInconclusive(result)
    return result
  }

  /**
   * Sends ambiguous events before a fetch. Also sends the events at fault that are still backing off, in one
   * request. Otherwise, calls would wait for this backoff even after Flowglad has recovered. If this request
   * fails, looks for the events in Flowglad's list, and leaves the backoff unchanged.
   */
  async resend(batch: Sending[]): Promise<void> {
    const retries = this.#retries
    const waiting = batch.filter(({ event }) => retries.sendsAlone(event) && retries.isBackingOff(event))
    const result = { ...(await this.send(batch)), inconclusive: [] }
    const sendings = await stillLeased(waiting)
    if (sendings.length === 0 || result.unavailable || this.#stopping.aborted) return
    const answer = await this.#createAll(sendings)
    if (answer.state === 'recorded') await this.#recorded(sendings, answer, result)
    else await this.#lookUp(sendings, result).catch(() => {})
  }

  async #sendTogether(batch: Sending[], result: Progress): Promise<void> {
    const sendings = await stillLeased(batch)
    const [only] = sendings
    if (!only || result.unavailable || this.#stopping.aborted) return
    if (sendings.length === 1) return this.#sendAlone(only, result)
    const answer = await this.#createAll(sendings)
    switch (answer.state) {
      case 'recorded':
        return this.#recorded(sendings, answer, result)
      case 'rejected':
        return this.#narrow(sendings, answer.culprit, result)
      case 'unanswered':
        return this.#unavailable(answer, result)
      default:
        answer satisfies never
    }
  }

  #createAll(sendings: Sending[]): Promise<BulkAnswer> {
    const events = sendings.map(({ event }) => event)
    return countingRejections(sendings, async () =>
      createUsageEvents(this.#flowglad, events, await this.#ledger.id()),
    )
  }

  async #recorded(
    sendings: Sending[],
    answer: Extract<BulkAnswer, { state: 'recorded' }>,
    result: Progress,
  ): Promise<void> {
    this.#retries.requestSucceeded()
    await this.#acknowledge(sendings, answer.recorded, result)
    const omitted = new Set(answer.omitted)
    for (const sending of sendings) if (omitted.has(sending.event)) await this.#sendAlone(sending, result)
  }

  /**
   * Searches a rejected bulk request for the bad event. If the error names an event, sends that event alone,
   * and then the other events in one request. Otherwise, sends each half separately.
   */
  async #narrow(sendings: Sending[], culprit: UsageEvent | null, result: Progress): Promise<void> {
    const suspect = sendings.find(({ event }) => event === culprit)
    if (suspect) {
      await this.#sendAlone(suspect, result)
      await this.#sendTogether(
        sendings.filter((sending) => sending !== suspect),
        result,
      )
    } else {
      const middle = Math.ceil(sendings.length / 2)
      await this.#sendTogether(sendings.slice(0, middle), result)
      await this.#sendTogether(sendings.slice(middle), result)
    }
  }

  async #sendAlone(candidate: Sending, result: Progress): Promise<void> {
    const [sending] = await stillLeased([candidate])
    if (!sending || result.unavailable || this.#stopping.aborted) return
    const { event, lease } = sending
    const isFirstRequest = lease.rejections.get(event) === 0
    const answer = await countingRejections([sending], async () =>
      createUsageEvent(this.#flowglad, event, await this.#ledger.id()),
    )
    switch (answer.state) {
      case 'recorded':
        this.#retries.requestSucceeded()
        return this.#acknowledge([sending], [{ event, priceId: answer.priceId }], result)
      case 'conflict':
        this.#retries.requestSucceeded()
        return this.#park(event, 'Flowglad has a different event with this transaction ID', result)
      case 'rejected':
        // Flowglad can record an event and then answer with an error. Send the event again: if Flowglad has
        // recorded it, the second answer contains the event.
        if (isFirstRequest) return this.#sendAlone(sending, result)
        if (answer.isConclusive) return this.#rejected(event, answer.reason, result)
        result.inconclusive.push({ sending, reason: answer.reason })
        return
      case 'unanswered':
        return this.#unanswered(event, answer, result)
      default:
        answer satisfies never
    }
  }

  /**
   * Looks for events with inconclusive rejections in Flowglad's list, and acknowledges those that the list
   * contains. Events that the list doesn't contain are retried or parked. These events stay ambiguous unless
   * the list proves that Flowglad hasn't recorded them.
   */
  async #decideInconclusive(result: Progress): Promise<void> {
    const { inconclusive } = result
    if (inconclusive.length === 0 || result.unavailable || this.#stopping.aborted) return
    const sendings = inconclusive.map(({ sending }) => sending)
    let found: Map<UsageEvent, LookUp>
    try {
      found = await this.#lookUp(sendings, result)
    } catch (error) {
      for (const { event } of sendings) this.#unanswered(event, { error, timedOut: false }, result)
      return
    }
    for (const { sending, reason } of inconclusive) {
      const { event, lease } = sending
      const state = found.get(event)?.state
      if (state === 'recorded') continue
      // An event that was ambiguous before this lease stays ambiguous: its earlier request may still be
      // running.
      if (state === 'missing' && lease.events.includes(event)) lease.rejections.set(event, 2)
      await this.#rejected(event, reason, result)
    }
  }

  /** Looks for events in Flowglad's list, and acknowledges those that the list contains. */
  async #lookUp(sendings: Sending[], result: SendResult): Promise<Map<UsageEvent, LookUp>> {
    const found = await lookUpUsageEvents(
      this.#flowglad,
      sendings.map(({ event }) => event),
      async () => !this.#stopping.aborted && (await stillLeased(sendings)).length > 0,
    )
    const recorded = [...found].flatMap(([event, look]) =>
      look.state === 'recorded' ? [{ event, priceId: look.priceId }] : [],
    )
    await this.#acknowledge(sendings, recorded, result)
    return found
  }

  async #rejected(event: UsageEvent, reason: string, result: SendResult): Promise<void> {
    const { customer, attempt, meter } = event
    this.#logger.warn({ customer, attempt, meter, reason }, 'Flowglad rejected a usage event')
    if (this.#retries.eventRejected(event) === 'park') await this.#park(event, reason, result)
  }

  #unanswered(event: UsageEvent, failure: { error: unknown; timedOut: boolean }, result: SendResult): void {
    if (this.#retries.eventUnanswered(event) === 'flowgladUnavailable') {
      this.#unavailable(failure, result)
      return
    }
    const { customer, attempt, meter } = event
    const error = String(failure.error)
    this.#logger.warn({ customer, attempt, meter, error }, 'sending a usage event failed and will be retried')
  }

  /** Acknowledges the events with one command per customer. */
  async #acknowledge(sendings: Sending[], recorded: RecordedEvent[], result: SendResult): Promise<void> {
    const leaseOf = new Map(sendings.map(({ event, lease }) => [event, lease]))
    const byLease = groupBy(recorded, ({ event }) => leaseOf.get(event))
    await Promise.all(
      [...byLease].map(async ([lease, items]) => {
        if (!lease) return
        try {
          await lease.acknowledge(
            items.map(({ event: { attempt, meter }, priceId }) => ({ attempt, meter, priceId })),
          )
        } catch (error) {
          // If acknowledgements can't be stored, the events stay ambiguous, and the next lease holder sends
          // them again. These events don't count as progress.
          result.unavailable = true
          const { customer } = lease
          if (!isOutage(error))
            this.#logger.error({ customer, error: String(error) }, 'acknowledging usage events failed')
          return
        }
        for (const { event } of items) this.#retries.eventResolved(event)
        result.resolved += items.length
      }),
    )
  }

  async #park(event: UsageEvent, reason: string, result: SendResult): Promise<void> {
    // Parking an event again doesn't count as progress, because progress starts the next pass immediately.
    if (!event.parkedBefore) result.resolved++
    const { customer, attempt, meter } = event
    this.#retries.eventResolved(event)
    this.#logger.error({ customer, attempt, meter, reason }, 'parked a usage event that Flowglad rejects')
    const { parkedRetryMs } = this.#retries
    await this.#ledger.execute({
      type: 'park',
      customer,
      events: [{ attempt, meter, reason: reason.slice(0, 500), retryInMs: parkedRetryMs }],
    })
  }

  #unavailable({ error, timedOut }: { error: unknown; timedOut: boolean }, result: SendResult): void {
    result.unavailable = true
    result.timedOut ||= timedOut
    this.#logger.warn({ error: String(error) }, 'sending usage events failed. The events stay in the outbox')
  }
}
