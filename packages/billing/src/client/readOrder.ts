import { sharedState } from './sharedState.ts'

/**
 * The order in which this page sends requests for balances and receives the responses. The server reads the
 * ledger after it receives the request. A response is therefore at least as new as every response that had
 * arrived before the request was sent, even if its version is lower after a restore from a backup.
 */
const order = sharedState('readOrder', () => ({
  last: 0,
  sentAt: new WeakMap<object, number>(),
  arrivedAt: new WeakMap<object, number>(),
}))

const next = () => {
  order.last += 1
  return order.last
}

/** Returns the current position in the page's order. Call this function before you send a request. */
export const startRead = (): number => next()

/**
 * Records when the request for `answer` was sent, and returns `answer`. `start` is a value that `startRead`
 * returned.
 */
export function asRead<Answer extends object>(answer: Answer, start: number): Answer {
  order.sentAt.set(answer, Math.max(start, order.sentAt.get(answer) ?? 0))
  return answer
}

/** Records that the response has arrived. Only the first call for a response has an effect. */
export function noteArrival(answer: object): void {
  if (!order.arrivedAt.has(answer)) order.arrivedAt.set(answer, next())
}

/** Returns whether the request for `answer` was sent after `start`. Returns false if the order is unknown. */
export const wasSentSince = (answer: object, start: number): boolean =>
  (order.sentAt.get(answer) ?? 0) > start

/**
 * Returns whether the request for `arrived` was sent after the page had received `known`. Returns
 * false if the order is unknown.
 */
export function wasSentAfter(known: object, arrived: object): boolean {
  const sentAt = order.sentAt.get(arrived)
  const knownSince = order.arrivedAt.get(known)
  return sentAt !== undefined && knownSince !== undefined && sentAt > knownSince
}
