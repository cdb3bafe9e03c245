import { type Clock, within } from '../config/clock.ts'
import type { Reader } from '../sessions/reader.ts'
import { ignoreErrors } from './ignoreErrors.ts'

/**
 * How a stream ended. `finished`: the reader read the whole stream. `left`: the reader stopped or
 * disconnected early, or the reader's session ended, even if the source failed afterwards. `failed`: the
 * source threw, or produced a chunk that can't be sent.
 */
export type StreamEnd = 'finished' | 'left' | 'failed'

/**
 * Ends one stream, promise or observable of a result early. The reader receives the error that `error`
 * resolves to.
 */
export type Stop = (error: Promise<unknown>) => void

/**
 * Wraps a stream and reports how it ends. `ended` runs once, before the reader sees the end, so that the
 * charge is durable by then.
 *
 * This is an explicit iterator, not a generator: `return()` must take effect before the first read and during
 * a read. The iterator also listens to the request's abort signal, because tRPC's `return()` waits for the
 * pending read, which never ends if the source is stuck.
 */
export function meteredStream(
  source: AsyncIterable<unknown>,
  {
    started,
    ended,
    onStop,
    wrap,
    reader,
    clock,
    patienceMs,
  }: {
    /** Runs at the first read, before the source starts. Doesn't run if the reader has already left. */
    started: () => void
    ended: (how: StreamEnd) => Promise<void>
    /** Receives the function that stops the stream. */
    onStop: (stop: Stop) => void
    /**
     * Converts a chunk, or the generator's return value, for the reader. Throws if the value can't be sent. In
     * this case, the stream fails.
     */
    wrap: (chunk: unknown) => unknown
    reader: Pick<Reader, 'signal' | 'error'>
    clock: Clock
    /**
     * How long to wait for the source to clean up after the reader leaves. After this time, the stream is
     * charged anyway.
     */
    patienceMs: number
  },
): AsyncGenerator<unknown> {
  const { signal } = reader
  const iterator = source[Symbol.asyncIterator]()
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined }
  let firstEnd: StreamEnd | null = null
  let ending: Promise<void> | null = null
  let wasRead = false
  /** Set when the reader leaves. Settles after the source has cleaned up and `ended` has run. */
  let leaving: Promise<void> | null = null
  let endPendingRead = () => {}
  let pendingStep: Promise<unknown> | null = null
  /** Set when the stream is stopped. Resolves to the error for the reader. */
  let stopped: Promise<unknown> | null = null
  let hasThrown = false

  const end = (how: StreamEnd) => {
    signal.removeEventListener('abort', leaveOnAbort)
    firstEnd ??= how
    ending ??= ended(firstEnd)
    return ending
  }

  /**
   * Stops the source. Waits at most `patienceMs`, because a stuck source must not prevent the charge for
   * counted usage.
   */
  async function stopSource(value?: unknown) {
    if (iterator.return) await within(clock, patienceMs, Promise.resolve(iterator.return(value)), null)
  }

  function leave(value?: unknown) {
    firstEnd ??= 'left'
    leaving ??= stopSource(value)
      .finally(() => end('left'))
      .finally(() => endPendingRead())
    return leaving
  }

  /** Ignores errors: after a disconnect, no reader is left to receive them. */
  function leaveOnAbort() {
    leave().catch(() => {})
  }
  onStop((error) => {
    stopped = error
    signal.removeEventListener('abort', leaveOnAbort)
    stopSource().catch(() => {})
    ignoreErrors(pendingStep)
    error.then(() => endPendingRead())
  })

  /** The first read after the stop throws the error. Later reads return the end of the stream. */
  async function readStopped(): Promise<IteratorResult<unknown>> {
    if (hasThrown) return done
    hasThrown = true
    throw await stopped
  }

  if (signal.aborted) leaveOnAbort()
  else signal.addEventListener('abort', leaveOnAbort, { once: true })

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      if (!stopped) await leave()
    },
    async next() {
      if (stopped) return readStopped()
      if (leaving) {
        await leaving.catch(() => {})
        if (reader.error) throw reader.error
        return done
      }
      if (!wasRead) {
        wasRead = true
        started()
        if (stopped) return readStopped()
      }
      let step: IteratorResult<unknown>
      try {
        step = await new Promise<IteratorResult<unknown>>((resolve, reject) => {
          endPendingRead = () => (reader.error ? reject(reader.error) : resolve(done))
          // Wrap the result, because a hand-written iterator can return an object instead of a promise.
          const read = Promise.resolve(iterator.next())
          pendingStep = read
          read.then(resolve, reject)
        })
      } catch (error) {
        if (stopped) return readStopped()
        await end('failed')
        throw error
      }
      // The charge doesn't cover a chunk that arrives after the stop, so the reader doesn't receive it.
      if (stopped) return readStopped()
      let value: unknown
      try {
        value = wrap(step.value)
      } catch (error) {
        firstEnd ??= 'failed'
        if (!step.done) await stopSource().catch(() => {})
        await end('failed')
        throw error
      }
      if (step.done) await end('finished')
      return { done: step.done ?? false, value }
    },
    async return(value?: unknown) {
      if (!stopped) await leave(value)
      return { done: true, value }
    },
    async throw(error?: unknown) {
      try {
        if (iterator.throw) return await iterator.throw(error)
        throw error
      } finally {
        await end('failed')
      }
    },
  }
}
