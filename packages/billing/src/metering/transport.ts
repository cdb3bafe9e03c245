import { UnserializableResultError } from '../contract/errors.ts'
import { asyncPathIn, hasProperty, isAsyncIterable, isObservable, isPromise } from './asyncShapes.ts'
import { ignoreErrors } from './meteredOutput.ts'
import { type Codec, toJson } from './storedResult.ts'

/**
 * The kind of response. `json`: one JSON value; tRPC answers 415 to an asynchronous output, and doesn't read it.
 * `jsonLines`: an output with promises and streams, also in its direct properties. `subscription`: a stream or an
 * observable. `socket`: one JSON message.
 */
export type Transport = 'json' | 'jsonLines' | 'subscription' | 'socket'

/**
 * Returns whether the value is a stream to meter. For a call over a transport, any async iterable is a stream.
 * For a caller in this process, only a generator is a stream. Any other object, such as an SDK's page of results
 * or a `ReadableStream`, must reach the caller unchanged.
 */
export const isStream = (transport: Transport | null, value: unknown): value is AsyncIterable<unknown> =>
  isAsyncIterable(value) && (transport !== null || 'next' in value)

/** Returns whether the output ends after the work: a stream, an observable, or an object with promises and streams. */
export function endsLater(
  { transport, isSubscription = false }: { transport: Transport | null; isSubscription?: boolean },
  output: unknown,
): boolean {
  if (isStream(transport, output)) return true
  if (isSubscription) return isObservable(output)
  return hasProperty(output, (it) => isStream(transport, it) || isPromise(it))
}

/** Returns whether the response can carry an output that ends after the work. */
export const carries = (transport: Transport | null) => transport !== 'json' && transport !== 'socket'

/**
 * Returns the output, for which tRPC answers 415. Over a WebSocket, tRPC would send the parts of an object as `{}`,
 * so this function throws.
 */
export function reject<Output>(transport: Transport | null, output: Output): Output {
  ignoreErrors(output)
  if (transport === 'socket' && !isAsyncIterable(output)) {
    const path = asyncPathIn(output) ?? ''
    throw new UnserializableResultError(
      `The result contains a promise or stream ("${path}"), which a WebSocket can't carry. Nothing was charged. Await it, or call the procedure over HTTP with httpBatchStreamLink.`,
    )
  }
  return output
}

/** Throws if the value contains a promise or stream, which JSON represents as `{}`. */
export function assertNoAsyncPart(value: unknown): void {
  const path = asyncPathIn(value)
  if (path === null) return
  throw new UnserializableResultError(
    `The result contains a promise or stream ("${path}") where tRPC can't send it. Await it, or make it a direct property of a result that is read over httpBatchStreamLink.`,
  )
}

/**
 * Throws if a chunk, or a value without its asynchronous properties, can't be sent. tRPC sends the streams of a batch
 * in one response, so such a chunk would end all of them.
 */
export function assertSendable(chunk: unknown, codec?: Codec): void {
  assertNoAsyncPart(chunk)
  try {
    toJson(chunk, codec)
  } catch (cause) {
    const message = 'A chunk of the stream cannot be serialized. Only counted usage is charged.'
    throw new UnserializableResultError(message, { cause })
  }
}
