import type { Logger } from '../config/logger.ts'
import type { UsageEvent } from '../ledger/answers.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isOutage } from '../ledger/reportOutages.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import type { Lease } from './leases.ts'
import type { RetryPolicy } from './retryPolicy.ts'
import {
  type BulkAnswer,
  createUsageEvent,
  createUsageEvents,
  type SingleAnswer,
} from './usageEventRequests.ts'

/** An event to send, and the lease that covers it. */
export interface Sending {
  event: UsageEvent
  lease: Lease
}

export interface SendResult {
  /**
   * True if Flowglad didn't answer, or if an acknowledgement couldn't be stored. In both cases, the rest of
   * the batch was not sent.
   */
  unavailable: boolean
  timedOut: boolean
  /** The number of events that were acknowledged or newly parked. */
  resolved: number
}

/**
 * Sends usage events, and writes the outcome of each event to the ledger. Flowglad handles a bulk request
 * atomically: if one event is bad, all events are rejected. A rejected bulk request is therefore split until
 * the bad event is isolated. If the answer to a bulk request omits an event, that event is sent again in its
 * own request, because only this answer shows which event Flowglad has.
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
   * Sends events in bulk requests, and then the events at fault one by one. Skips events at fault that are
   * backing off.
   */
  async send(batch: Sending[]): Promise<SendResult> {
    const retries = this.#retries
    const result: SendResult = { unavailable: false, timedOut: false, resolved: 0 }
    const together = batch.filter(({ event }) => !retries.sendsAlone(event))
    while (together.length > 0)
      await this.#sendTogether(together.splice(0, retries.load.eventsPerRequest), result)
    const alone = batch.filter(({ event }) => retries.sendsAlone(event) && !retries.isBackingOff(event))
    for (const sending of alone) await this.#sendAlone(sending, result)
    return result
  }

  /**
   * Sends ambiguous events before a fetch. Sends the events at fault that are backing off too, in one request: if
   * Flowglad has recovered, a call needn't wait until they are due. If that request fails, their backoff doesn't
   * change.
   */
  async resend(batch: Sending[]): Promise<void> {
    const retries = this.#retries
    const waiting = batch.filter(({ event }) => retries.sendsAlone(event) && retries.isBackingOff(event))
    const result = await this.send(batch)
    const sendings = await stillLeased(waiting)
    if (sendings.length === 0 || result.unavailable || this.#stopping.aborted) return
    const answer = await this.#createAll(sendings)
    if (answer.state === 'recorded') await this.#recorded(sendings, answer, result)
  }

  async #sendTogether(batch: Sending[], result: SendResult): Promise<void> {
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
    return countingRejections(sendings, () => createUsageEvents(this.#flowglad, events))
  }

  async #recorded(
    sendings: Sending[],
    answer: Extract<BulkAnswer, { state: 'recorded' }>,
    result: SendResult,
  ): Promise<void> {
    this.#retries.requestSucceeded()
    await this.#acknowledge(answer.recorded, result)
    const omitted = new Set(answer.omitted)
    for (const sending of sendings) if (omitted.has(sending.event)) await this.#sendAlone(sending, result)
  }

  /**
   * Searches a rejected bulk request for the bad event. If the error names an event, sends that event alone,
   * and then the others together. Otherwise, sends each half separately.
   */
  async #narrow(sendings: Sending[], culprit: UsageEvent | null, result: SendResult): Promise<void> {
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

  async #sendAlone(candidate: Sending, result: SendResult): Promise<void> {
    const [sending] = await stillLeased([candidate])
    if (!sending || result.unavailable || this.#stopping.aborted) return
    const { event, lease } = sending
    const { customer, attempt, meter } = event
    const isFirstRequest = lease.rejections.get(event) === 0
    const answer = await countingRejections([sending], () => createUsageEvent(this.#flowglad, event))
    switch (answer.state) {
      case 'recorded':
        this.#retries.requestSucceeded()
        return this.#acknowledge([{ event, priceId: answer.priceId }], result)
      case 'conflict':
        this.#retries.requestSucceeded()
        return this.#park(event, 'Flowglad has a different event with this transaction ID', result)
      case 'rejected': {
        // Flowglad can record an event and then answer with an error. In that case, it answers the second request with
        // the event.
        if (isFirstRequest) return this.#sendAlone(sending, result)
        const { reason } = answer
        this.#logger.warn({ customer, attempt, meter, reason }, 'Flowglad rejected a usage event')
        if (this.#retries.eventRejected(event) === 'park') await this.#park(event, reason, result)
        return
      }
      case 'unanswered': {
        if (this.#retries.eventUnanswered(event) === 'flowgladUnavailable')
          return this.#unavailable(answer, result)
        const error = String(answer.error)
        this.#logger.warn(
          { customer, attempt, meter, error },
          'sending a usage event failed and will be retried',
        )
        return
      }
      default:
        answer satisfies never
    }
  }

  async #acknowledge(
    recorded: { event: UsageEvent; priceId: string | null }[],
    result: SendResult,
  ): Promise<void> {
    const byCustomer = new Map<string, { event: UsageEvent; priceId: string | null }[]>()
    for (const item of recorded) {
      const { customer } = item.event
      byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), item])
    }
    await Promise.all(
      [...byCustomer].map(async ([customer, items]) => {
        const events = items.map(({ event: { attempt, meter }, priceId }) => ({ attempt, meter, priceId }))
        try {
          await this.#ledger.execute({ type: 'acknowledge', customer, events })
        } catch (error) {
          // The events stay ambiguous, and the next lease holder sends them again. Unstored acknowledgements
          // don't count as progress.
          result.unavailable = true
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

/** Returns the events whose leases this node still holds. Extends the leases if necessary. */
async function stillLeased(batch: Sending[]): Promise<Sending[]> {
  const leases = [...new Set(batch.map(({ lease }) => lease))]
  const kept = await Promise.all(leases.map(async (lease) => ((await lease.keep()) ? [lease] : [])))
  const ours = new Set(kept.flat())
  return batch.filter(({ lease }) => ours.has(lease))
}

/**
 * Sends a request. After a conclusive rejection, increments each event's rejection count, unless the count was
 * cleared earlier. Any other outcome clears the counts, because Flowglad may have recorded the events.
 */
async function countingRejections<Answer extends BulkAnswer | SingleAnswer>(
  sendings: Sending[],
  request: () => Promise<Answer>,
): Promise<Answer> {
  const before = sendings.map(({ event, lease }) => {
    const count = lease.rejections.get(event)
    lease.rejections.delete(event)
    return count
  })
  const answer = await request()
  if (answer.state === 'rejected' && answer.isConclusive) {
    for (const [index, { event, lease }] of sendings.entries()) {
      const count = before[index]
      if (count !== undefined) lease.rejections.set(event, count + 1)
    }
  }
  return answer
}
