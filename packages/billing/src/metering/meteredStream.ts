import { type Clock, within } from '../config/clock.ts'

/**
 * `finished`: read to its end. `left`: its reader went, by itself or with its connection; whatever its source does then, a source that was given the
 * signal throws. `failed`: its source threw, or made a chunk that cannot be sent.
 */
type StreamEnd = 'finished' | 'left' | 'failed'

export interface StreamEnds {
  /** At the first pull, before the source works. Never once its reader went. */
  started: () => void
  ended: (how: StreamEnd) => Promise<void>
}

/**
 * A stream that tells when it really ends. An explicit iterator, not a generator: `return` must reach us even when nothing was ever pulled, and even while
 * a pull is under way. It also listens to the request's abort by itself: tRPC's `return` waits for the pull, and so for ever on a source that is stuck.
 * `ended` runs once, before the reader learns of the end, so that nobody holds a finished result that is not durable.
 */
export function meteredStream<T>(
  source: AsyncIterable<T>,
  {
    started,
    ended,
    check,
    signal,
    clock,
    patienceMs,
  }: StreamEnds & {
    /** Throws for a chunk that cannot be sent; the stream fails with that. */
    check: (chunk: T) => void
    /** The request's; undefined for server-side callers without one. */
    signal: AbortSignal | undefined
    clock: Clock
    /** How long a reader who left waits for the source to clean up before what was counted is charged. */
    patienceMs: number
  },
): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined }
  /** The first that happened, however much cleaning up comes between that and the end. */
  let fate: StreamEnd | null = null
  let ending: Promise<void> | null = null
  let pulled = false
  /** From when its reader went: until the source has cleaned up and `ended` has run. */
  let left: Promise<void> | null = null
  /** Ends the pull under way. */
  let letGo = () => {}
  const end = (how: StreamEnd) => {
    signal?.removeEventListener('abort', abandon)
    fate ??= how
    ending ??= ended(fate)
    return ending
  }

  /** A source stuck in its own work must not keep what it counted from being charged. */
  async function stop(value?: unknown) {
    if (iterator.return) await within(clock, patienceMs, Promise.resolve(iterator.return(value)), null)
  }

  function leave(value?: unknown) {
    fate ??= 'left'
    left ??= stop(value)
      .finally(() => end('left'))
      .finally(() => letGo())
    return left
  }

  /** Nobody reads any more, so nobody is to be told of a failure either. */
  function abandon() {
    leave().catch(() => {})
  }
  if (signal?.aborted) abandon()
  else signal?.addEventListener('abort', abandon, { once: true })

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (left) {
        await left.catch(() => {})
        return done
      }
      if (!pulled) {
        pulled = true
        started()
      }
      let step: IteratorResult<T>
      try {
        step = await new Promise<IteratorResult<T>>((resolve, reject) => {
          letGo = () => resolve(done)
          iterator.next().then(resolve, reject)
        })
      } catch (error) {
        await end('failed')
        throw error
      }
      if (step.done) {
        await end('finished')
        return step
      }
      try {
        check(step.value)
      } catch (error) {
        fate ??= 'failed'
        await stop().catch(() => {})
        await end('failed')
        throw error
      }
      return step
    },
    async return(value?: unknown) {
      await leave(value)
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

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value
