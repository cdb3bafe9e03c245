import { z } from 'zod'
import { traced } from '../config/tracing.ts'
import type { UsageEvent } from '../ledger/answers.ts'
import { groupBy } from '../ledger/groupBy.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import { flowgladError } from './flowgladError.ts'

/** Flowglad answered with its own error. */
interface Rejected {
  state: 'rejected'
  reason: string
  /** Whether the error proves that Flowglad hasn't recorded the events. */
  isConclusive: boolean
}
/**
 * There was no answer, or the answer didn't come from Flowglad. It is unknown whether the events were
 * recorded.
 */
interface Unanswered {
  state: 'unanswered'
  error: unknown
  timedOut: boolean
}

/** An event that Flowglad has, and the price that Flowglad applied. */
export interface RecordedEvent {
  event: UsageEvent
  priceId: string | null
}

export type BulkAnswer =
  /**
   * `omitted`: events that the answer doesn't mention. For each of these events, Flowglad had already
   * recorded an event with the same transaction ID: either the same event or a different one.
   */
  | { state: 'recorded'; recorded: RecordedEvent[]; omitted: UsageEvent[] }
  /** `culprit`: the event that the error names, if any. */
  | (Rejected & { culprit: UsageEvent | null })
  | Unanswered

export type SingleAnswer =
  | { state: 'recorded'; priceId: string | null }
  /** Flowglad has a different event with this transaction ID. */
  | { state: 'conflict' }
  | Rejected
  | Unanswered

/**
 * Matches the messages of the checks that Flowglad makes before it records an event. Only these messages
 * prove that a request with status 500 recorded nothing. Flowglad also answers an internal failure with 500,
 * and such a failure can happen after an event has been recorded.
 */
const checkedFirst =
  /^(No \w+ found|(Subscription|UsageMeter|Price) not found|Invalid \w+|UsageEvent conflict):? |for archived customer$|out of range for type integer/

/** A usage event in Flowglad's answers. */
export const recordedEvent = z.object({
  transactionId: z.string(),
  subscriptionId: z.string(),
  amount: z.number(),
  priceId: z.string().nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
})
const bulkBody = z.object({ usageEvents: z.array(recordedEvent) })
const singleBody = z.object({ usageEvent: recordedEvent })

/** Sends several events in one request. Flowglad records all of them or none. */
export async function createUsageEvents(
  flowglad: FlowgladClient,
  events: UsageEvent[],
  ledger: string,
): Promise<BulkAnswer> {
  try {
    const { usageEvents } = bulkBody.parse(
      await traced(
        'billing.deliver',
        () => ({ 'billing.events': events.length }),
        () => flowglad.createUsageEvents(events.map((event) => requestBody(event, ledger))),
      ),
    )
    const answers = groupBy(usageEvents, ({ transactionId }) => transactionId)
    const recorded = events.flatMap((event) => {
      const match = answers.get(event.attempt)?.find((candidate) => isSameEvent(candidate, event))
      return match ? [{ event, priceId: match.priceId ?? null }] : []
    })
    const mentioned = new Set(recorded.map(({ event }) => event))
    return { state: 'recorded', recorded, omitted: events.filter((event) => !mentioned.has(event)) }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.state === 'unanswered') return failure
    const index = namedIndex(failure.reason)
    return { ...failure, culprit: (index === null ? null : events[index]) ?? null }
  }
}

/**
 * Sends one event. If Flowglad already has an event with this transaction ID, Flowglad returns that event.
 */
export async function createUsageEvent(
  flowglad: FlowgladClient,
  event: UsageEvent,
  ledger: string,
): Promise<SingleAnswer> {
  try {
    const { usageEvent } = singleBody.parse(await flowglad.createUsageEvent(requestBody(event, ledger)))
    return isSameEvent(usageEvent, event)
      ? { state: 'recorded', priceId: usageEvent.priceId ?? null }
      : { state: 'conflict' }
  } catch (error) {
    return failureOf(error)
  }
}

function failureOf(error: unknown): Rejected | Unanswered {
  const rejection = flowgladError(error)
  if (rejection) {
    const isConclusive = rejection.status < 500 || checkedFirst.test(rejection.message)
    return { state: 'rejected', reason: rejection.message, isConclusive }
  }
  const timedOut = error instanceof Error && /abort|timed? ?out/i.test(`${error.name} ${error.message}`)
  return { state: 'unanswered', error, timedOut }
}

/**
 * Returns the body of the request that creates an event. Flowglad's answers identify a meter only by Flowglad's
 * own ID, and one attempt may use several meters. The properties therefore contain the meter's slug. They also
 * contain the customer and the ledger's ID, so that a restored ledger can recognize the events that it has lost.
 */
const requestBody = (event: UsageEvent, ledger: string) => ({
  subscriptionId: event.subscription,
  transactionId: event.attempt,
  amount: event.amount,
  usageDate: event.usageDate,
  properties: { ...event.properties, meter: event.meter, customer: event.customer, ledger },
  ...event.price,
})

export const isSameEvent = (answer: z.infer<typeof recordedEvent>, event: UsageEvent) =>
  answer.transactionId === event.attempt &&
  answer.subscriptionId === event.subscription &&
  answer.amount === event.amount &&
  answer.properties?.meter === event.meter

/**
 * Returns the index of the event that a bulk error names. The message contains the index as plain text or in
 * the path of a validation issue.
 */
function namedIndex(message: string): number | null {
  const index = /"usageEvents",\s*(\d+)/.exec(message)?.[1] ?? /\bindex\W{0,2}(\d+)/i.exec(message)?.[1]
  return index === undefined ? null : Number(index)
}
