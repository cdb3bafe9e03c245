import { type Clock, within } from '../clock.ts'

/**
 * A stream that tells when it really ends. An explicit iterator, not a generator: `return` must reach us even when nothing was ever pulled, and even while
 * a pull is under way.
 * `ended` runs once, before the reader learns of the end, so that nobody holds a finished result that is not durable.
 */
export function meteredStream<T>(
  source: AsyncIterable<T>,
  {
    started,
    ended,
    clock,
    patienceMs,
  }: {
    started: () => void
    ended: (how: 'finished' | 'left' | 'failed') => Promise<void>
    clock: Clock
    /** How long a reader who left waits for the source to clean up before what was counted is charged. */
    patienceMs: number
  },
): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]()
  let ending: Promise<void> | null = null
  let pulled = false
  const end = (how: 'finished' | 'left' | 'failed') => {
    ending ??= ended(how)
    return ending
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (!pulled) {
        pulled = true
        started()
      }
      let step: IteratorResult<T>
      try {
        step = await iterator.next()
      } catch (error) {
        await end('failed')
        throw error
      }
      if (step.done) await end('finished')
      return step
    },
    async return(value?: unknown) {
      const done: IteratorReturnResult<unknown> = { done: true, value }
      try {
        if (iterator.return) {
          // A source stuck in its own work must not keep what it counted from being charged.
          await within(clock, patienceMs, Promise.resolve(iterator.return(value)), done)
        }
      } finally {
        await end('left')
      }
      return done
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
