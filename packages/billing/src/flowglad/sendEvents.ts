import { z } from 'zod'
import type { Clock } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import { traced } from '../config/tracing.ts'
import type { UsageEvent } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type FlowgladClient, flowgladError } from './flowgladClient.ts'
import type { Lease } from './leases.ts'

/** An event on its way, with the lease that allows sending it. */
export interface Sending {
  event: UsageEvent
  lease: Lease
}

/** `away`: Flowglad did not answer as itself, so the rest of the bulk was not tried. `timedOut`: it took too long. */
export interface SendResult {
  away: boolean
  timedOut: boolean
  /** Events whose fate is known now. */
  decided: number
}

interface Failures {
  customer: string
  tries: number
  /** Flowglad's own rejections while it worked for others: enough of them park the event. */
  count: number
  /** The failures seem to be the event's own, so it goes alone, and what becomes of it says nothing about Flowglad. */
  alone: boolean
  firstAt: number
  nextTryAt: number
  /** How many calls had succeeded by the last failure: one more means that Flowglad works and the event does not. */
  successesThen: number
}

const recorded = z.object({
  transactionId: z.string(),
  subscriptionId: z.string(),
  amount: z.number(),
  priceId: z.string().nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
})
const bulkAnswer = z.object({ usageEvents: z.array(recorded) })
const singleAnswer = z.object({ usageEvent: recorded })

export type EventSender = ReturnType<typeof createEventSender>

/**
 * Sends usage events in bulk and writes down what became of each. A bulk is atomic at Flowglad: one bad event rejects all, so a rejected bulk is
 * narrowed until the bad event is alone; an event that was omitted from a bulk answer (Flowglad had it, or somebody else's under its id) is sent alone.
 */
export function createEventSender({
  ledger,
  flowglad,
  clock,
  options,
  logger,
  stopping,
}: {
  ledger: Ledger
  flowglad: FlowgladClient
  clock: Clock
  options: BillingOptions
  logger: Logger
  /** From its abort on nothing more is sent. */
  stopping: AbortSignal
}) {
  const failures = new Map<string, Failures>()
  const pace = { bulks: options.maxBulks, bulkSize: options.bulkMaxEvents }
  let successes = 0

  async function sendBulk(batch: Sending[], result: SendResult): Promise<void> {
    const sending = await withLease(batch)
    const [only] = sending
    if (!only || result.away || stopping.aborted) return
    if (sending.length === 1) return sendAlone(only, result)
    try {
      const answer = bulkAnswer.parse(
        await traced('billing.deliver', { 'billing.events': sending.length }, () =>
          carrying(sending, () => flowglad.createUsageEvents(sending.map(({ event }) => wire(event)))),
        ),
      )
      successes++
      const omitted: Sending[] = []
      const taken: { sending: Sending; priceId: string | null }[] = []
      for (const item of sending) {
        const match = answer.usageEvents.find((candidate) => isOurs(candidate, item.event))
        if (match) taken.push({ sending: item, priceId: match.priceId ?? null })
        else omitted.push(item)
      }
      await acknowledge(taken, result)
      for (const item of omitted) await sendAlone(item, result)
    } catch (error) {
      const rejection = flowgladError(error)
      if (!rejection) return gone(error, result)
      const index = namedIndex(rejection.message)
      const culprit = index === null ? undefined : sending[index]
      if (culprit) {
        await sendAlone(culprit, result)
        return sendBulk(
          sending.filter((item) => item !== culprit),
          result,
        )
      }
      const middle = Math.ceil(sending.length / 2)
      await sendBulk(sending.slice(0, middle), result)
      await sendBulk(sending.slice(middle), result)
    }
  }

  async function sendAlone(item: Sending, result: SendResult): Promise<void> {
    const [sending] = await withLease([item])
    if (!sending || result.away || stopping.aborted) return
    const { event, lease } = sending
    try {
      const answer = await carrying([sending], () => flowglad.createUsageEvent(wire(event)))
      const { usageEvent } = singleAnswer.parse(answer)
      successes++
      if (isOurs(usageEvent, event))
        await acknowledge([{ sending, priceId: usageEvent.priceId ?? null }], result)
      else await park(event, 'Flowglad has another event under this transaction id', result)
    } catch (error) {
      const rejection = flowgladError(error)
      // One rejection leaves open whether Flowglad has it; a second makes that unlikely.
      if (rejection && lease.rejections.get(event) === 1) return sendAlone(sending, result)
      if (rejection) await rejected(event, rejection.message, result)
      else unanswered(event, error, result)
    }
  }

  /** Notes that an event failed alone; `others`: Flowglad worked for somebody else since it failed before. */
  function failed(event: UsageEvent, maxPauseMs: number) {
    const now = clock.now()
    const id = idOf(event)
    const record = failures.get(id) ?? {
      customer: event.customer,
      tries: 0,
      count: 0,
      alone: false,
      firstAt: now,
      nextTryAt: now,
      successesThen: successes,
    }
    const others = successes > record.successesThen
    record.tries++
    record.successesThen = successes
    record.nextTryAt = now + jittered(Math.min(1_000 * 2 ** (record.tries - 1), maxPauseMs))
    failures.set(id, record)
    const [oldest] = failures.keys()
    if (failures.size > rememberedEvents && oldest !== undefined) failures.delete(oldest)
    return { record, others }
  }

  /** No answer, or a gateway's: it never parks an event, but one that only others' calls survive must not stop them. */
  function unanswered(event: UsageEvent, error: unknown, result: SendResult) {
    const { record, others } = failed(event, options.deliverMaxPauseMs)
    record.alone ||= others
    if (!record.alone) return gone(error, result)
    const { customer, attempt, meter } = event
    logger.warn({ customer, attempt, meter, error: String(error) }, 'usage event gets no answer: it waits')
  }

  async function rejected(event: UsageEvent, reason: string, result: SendResult) {
    const { record, others } = failed(event, options.parkAfterMs / 10)
    record.alone = true
    // An outage parks nothing: a failure counts only when Flowglad worked for somebody else since the one before.
    if (others) record.count++
    logger.warn(
      { customer: event.customer, attempt: event.attempt, meter: event.meter, reason },
      'usage event rejected',
    )
    const hopeless =
      record.count >= options.parkAfterFailures && clock.now() - record.firstAt >= options.parkAfterMs
    if (hopeless || event.parkedBefore) await park(event, reason, result)
  }

  async function park(event: UsageEvent, reason: string, result: SendResult) {
    // Parked again, it is where it was: nothing that would be worth another look at once.
    if (!event.parkedBefore) result.decided++
    const { attempt, meter, customer } = event
    failures.delete(idOf(event))
    logger.error({ customer, attempt, meter, reason }, 'usage event parked: Flowglad does not take it')
    await ledger.execute({
      type: 'park',
      customer,
      events: [{ attempt, meter, reason: reason.slice(0, 500), retryInMs: options.parkedRetryMs }],
    })
  }

  async function acknowledge(taken: { sending: Sending; priceId: string | null }[], result: SendResult) {
    result.decided += taken.length
    const byCustomer = new Map<string, { attempt: string; meter: string; priceId: string | null }[]>()
    for (const { sending, priceId } of taken) {
      const { customer, attempt, meter } = sending.event
      failures.delete(idOf(sending.event))
      byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), { attempt, meter, priceId }])
    }
    await Promise.all(
      [...byCustomer].map(async ([customer, events]) => {
        await ledger.execute({ type: 'acknowledge', customer, events })
      }),
    )
  }

  function gone(error: unknown, result: SendResult) {
    result.away = true
    result.timedOut ||= error instanceof Error && /abort|timed? ?out/i.test(`${error.name} ${error.message}`)
    logger.warn({ error: String(error) }, 'Flowglad did not take usage events: they wait')
  }

  /** Not due yet after it failed alone. */
  const isResting = (event: UsageEvent) => (failures.get(idOf(event))?.nextTryAt ?? 0) > clock.now()
  const goesAlone = (event: UsageEvent) => event.parkedBefore || (failures.get(idOf(event))?.alone ?? false)

  return {
    /** Events whose failures were their own go alone once they have rested, so that they cannot take neighbours down again. */
    async send(batch: Sending[]): Promise<SendResult> {
      const result: SendResult = { away: false, timedOut: false, decided: 0 }
      const together = batch.filter(({ event }) => !goesAlone(event))
      for (let start = 0; start < together.length; start += pace.bulkSize)
        await sendBulk(together.slice(start, start + pace.bulkSize), result)
      const alone = batch.filter(({ event }) => goesAlone(event) && !isResting(event))
      for (const item of alone) await sendAlone(item, result)
      return result
    },
    /** How much to send at once, as it went lately. */
    pace: pace as Readonly<typeof pace>,
    /** Smaller bulks after a bad answer, down to single events: one of them may be why no answer came. */
    adapt({ away, timedOut }: { away: boolean; timedOut: boolean }) {
      const { maxBulks, bulkMaxEvents } = options
      pace.bulkSize = away ? Math.max(1, pace.bulkSize >> 1) : Math.min(bulkMaxEvents, pace.bulkSize * 2)
      if (timedOut) pace.bulks = Math.max(1, pace.bulks >> 1)
      else if (!away) pace.bulks = Math.min(maxBulks, pace.bulks * 2)
    },
    /** How many of each customer's events are passed over until they have rested; at most so many that one delivery looks past them. */
    passedOver() {
      const now = clock.now()
      const counts = new Map<string, number>()
      for (const { customer, alone, nextTryAt } of failures.values()) {
        if (!alone || nextTryAt <= now) continue
        counts.set(customer, Math.min(mostPassedOver, (counts.get(customer) ?? 0) + 1))
      }
      return counts
    },
    /**
     * Until when their customer is left in peace, 0 for not at all: while all of them rest, or while one does whose failure may be Flowglad's. One that goes
     * alone does not keep its neighbours back, nor what may wait behind all of them where the next delivery can look further.
     */
    restsUntil(events: UsageEvent[], canLookFurther: boolean) {
      const resting = events.filter(isResting)
      if (resting.length === 0) return 0
      const others = canLookFurther || resting.length < events.length
      if (others && resting.every(goesAlone)) return 0
      return Math.min(...resting.map((event) => failures.get(idOf(event))?.nextTryAt ?? 0))
    },
  }
}

const rememberedEvents = 10_000
/** How many of a customer's events a delivery looks past at most. */
export const mostPassedOver = 100

async function withLease(batch: Sending[]): Promise<Sending[]> {
  const leases = new Map<Lease, Promise<boolean>>()
  for (const { lease } of batch) if (!leases.has(lease)) leases.set(lease, lease.keep())
  const kept = new Map(
    await Promise.all([...leases].map(async ([lease, keep]) => [lease, await keep] as const)),
  )
  return batch.filter(({ lease }) => kept.get(lease))
}

/** The request, and in the leases what its answer says of the fate of its events: nothing, unless Flowglad itself rejects them. */
async function carrying<T>(sending: Sending[], request: () => Promise<T>): Promise<T> {
  const known = sending.flatMap(({ event, lease: { rejections } }) => {
    const before = rejections.get(event)
    rejections.delete(event)
    return before === undefined ? [] : [{ event, rejections, before }]
  })
  try {
    return await request()
  } catch (error) {
    if (flowgladError(error))
      for (const { event, rejections, before } of known) rejections.set(event, before + 1)
    throw error
  }
}

const idOf = ({ attempt, meter }: UsageEvent) => `${attempt} ${meter}`
const jittered = (ms: number) => ms * (0.75 + Math.random() / 2)

// The meter travels in the properties: answers name it by an id that only Flowglad knows, and one attempt may spend several meters.
const wire = (event: UsageEvent) => ({
  subscriptionId: event.subscription,
  transactionId: event.attempt,
  amount: event.amount,
  usageDate: event.usageDate,
  properties: { ...event.properties, meter: event.meter },
  ...event.price,
})

const isOurs = (answer: z.infer<typeof recorded>, event: UsageEvent) =>
  answer.transactionId === event.attempt &&
  answer.subscriptionId === event.subscription &&
  answer.amount === event.amount &&
  answer.properties?.meter === event.meter

/** Flowglad's errors often say which event of a bulk is meant: as a path of an issue, or in words. */
function namedIndex(message: string): number | null {
  const index = /"usageEvents",\s*(\d+)/.exec(message)?.[1] ?? /\bindex\W{0,2}(\d+)/i.exec(message)?.[1]
  return index === undefined ? null : Number(index)
}
