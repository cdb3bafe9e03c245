import { UnserializableResultError } from '../contract/errors.ts'
import {
  asyncPathIn,
  hasParts,
  hasProperty,
  isAsyncIterable,
  isObservable,
  isPromise,
  type Observable,
} from './asyncShapes.ts'
import { ignoreErrors } from './ignoreErrors.ts'
import { assertSerializable, type Codec, toJson } from './storedResult.ts'

/**
 * The kind of response. `json`: one JSON value; tRPC rejects an asynchronous output with 415, without reading
 * it. `jsonLines`: JSON lines, which can carry promises and streams, including those in direct properties of
 * the output. `subscription`: a stream or an observable. `socket`: one JSON message.
 */
export type Transport = 'json' | 'jsonLines' | 'subscription' | 'socket'

/**
 * Returns whether the value is a stream to meter. For a call over a transport, any async iterable is a
 * stream. For a caller in this process, an async iterable is a stream only if it has a `next` method, as a
 * generator does. Any other object, such as an SDK's page of results or a `ReadableStream`, must reach the
 * caller unchanged.
 */
export const isStream = (transport: Transport | null, value: unknown): value is AsyncIterable<unknown> =>
  isAsyncIterable(value) && (transport !== null || 'next' in value)

/** The fields of a call that determine how its output is delivered. */
interface Delivered {
  transport: Transport | null
  isSubscription?: boolean
}

/**
 * Returns whether the output is an observable that tRPC reads. For a caller in this process, only the output
 * of a subscription can be such an observable.
 */
export const isRead = (
  { transport, isSubscription = false }: Delivered,
  output: unknown,
): output is Observable =>
  (isSubscription || transport !== null) && isObservable(output) && !('toJSON' in output)

/**
 * Determines when the output ends. `now`: when the work returns. `later`: after the work returns, because the
 * output is a stream, an observable, or an object with promises and streams. `refused`: tRPC can't send the
 * output over the transport.
 */
export function endOf(call: Delivered, output: unknown): 'now' | 'later' | 'refused' {
  const { transport, isSubscription = false } = call
  const isAsync = isStream(transport, output) || isRead(call, output)
  if (isSubscription) return isAsync ? 'later' : transport === null ? 'now' : 'refused'
  const isWhole = transport === 'json' || transport === 'socket'
  if (isAsync) return isWhole ? 'refused' : 'later'
  if (!hasProperty(output, (it) => isStream(transport, it) || isPromise(it))) return 'now'
  // Over plain JSON, tRPC also rejects a class instance with asynchronous properties. Over other transports,
  // tRPC sends the instance as one value.
  if (transport === 'json') return 'refused'
  if (!hasParts(output)) return 'now'
  return isWhole ? 'refused' : 'later'
}

/**
 * Returns an output that makes tRPC answer with an error: 415 for a call, and 500 for a subscription without
 * a stream. In a JSON response, tRPC would send an observable as `{}`, so this function returns a stream
 * instead. Over a WebSocket, tRPC would send a promise or stream inside an object as `{}`, so this function throws.
 */
export function reject<Output>(call: Delivered, output: Output): Output {
  ignoreErrors(output)
  if (call.transport === 'subscription' || isAsyncIterable(output)) return output
  // tRPC rejects the stream without reading it.
  if (isRead(call, output)) return emptyStream() as Output
  if (call.transport === 'json') return output
  const path = asyncPathIn(output, true) ?? ''
  throw new UnserializableResultError(
    `The result contains a promise or stream ("${path}"), which a WebSocket can't carry. Nothing was charged. Await the promise or collect the stream before you return, or call the procedure over HTTP with httpBatchStreamLink.`,
  )
}

async function* emptyStream() {}

/**
 * Throws if the output can't be sent, so that the call isn't charged. `plain` is true if the output is plain
 * JSON, which is already known to be serializable.
 */
export function assertDeliverable(
  { transport, codec }: { transport: Transport | null; codec?: Codec | undefined },
  output: unknown,
  plain: boolean,
): void {
  if (!transport) return
  try {
    if (!plain) assertNoAsyncPart(output, codec)
    if (!plain || codec) assertSerializable(output, codec)
  } catch (error) {
    ignoreErrors(output)
    throw error
  }
}

/** Throws if the value contains a promise or stream, which JSON represents as `{}`. */
function assertNoAsyncPart(value: unknown, codec?: Codec): void {
  const path = asyncPathIn(value, codec === undefined)
  if (path === null) return
  throw new UnserializableResultError(
    `The result contains a promise or stream ("${path}") where tRPC can't send it. Await the promise or collect the stream before you return, or make it a direct property of a result that is read over httpBatchStreamLink.`,
  )
}

/**
 * Returns the data that a subscription sends for a chunk. tRPC's `tracked` adds an ID and a symbol to the
 * data.
 */
export const untracked = (chunk: unknown): unknown =>
  Array.isArray(chunk) && typeof chunk[2] === 'symbol' ? chunk[1] : chunk

/**
 * Throws if tRPC can't send this part of an output. tRPC sends all streams of a batch in one response, so one
 * invalid chunk would end them all.
 */
export function assertSendable(chunk: unknown, codec?: Codec): void {
  assertNoAsyncPart(chunk, codec)
  try {
    toJson(chunk, codec)
  } catch (cause) {
    const message = 'A chunk of the stream cannot be serialized. Only counted usage is charged.'
    throw new UnserializableResultError(message, { cause })
  }
}
