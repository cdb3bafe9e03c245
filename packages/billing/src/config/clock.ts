import { SharedTimer } from './sharedTimer.ts'

/** The package's source of time. Tests inject a clock that they can advance. */
export interface Clock {
  /** Returns epoch milliseconds. */
  now(): number
  /**
   * Calls `run` after `ms`. The returned function cancels the call.
   */
  after(ms: number, run: () => void, options?: TimerOptions): () => void
}

interface TimerOptions {
  /** If false, the timer doesn't keep the process running. Default: true. */
  keepAlive?: boolean
  /**
   * If true, `run` may be called in the async context of another call. This is faster, but don't call the app's
   * code from `run`, because the app's code may read that context. Default: false.
   */
  anyContext?: boolean
}

const sharedTimer = new SharedTimer()

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run, { keepAlive = true, anyContext = false } = {}) {
    if (keepAlive && anyContext) return sharedTimer.after(ms, run)
    const timer = setTimeout(run, ms)
    // In some runtimes, a timer is a number, which has no `unref`.
    if (!keepAlive) timer.unref?.()
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export const sleep = (
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
  options?: TimerOptions,
): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done, options)
    signal?.addEventListener('abort', done, { once: true })
  })

/**
 * Resolves to the promise's value, or to `late` if the promise takes longer than `ms`. The promise itself
 * continues.
 */
export const within = <T, L>(clock: Clock, ms: number, promise: Promise<T>, late: L): Promise<T | L> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(late), { anyContext: true })
    promise.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error) => {
        cancel()
        reject(error)
      },
    )
  })
