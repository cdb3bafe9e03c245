import { type Clock, within } from '../config/clock.ts'
import type { Reader } from '../sessions/reader.ts'
import { hasParts, hasProperty, isPromise, type Observable, type Observer } from './asyncShapes.ts'
import { ignoreErrors } from './ignoreErrors.ts'
import { meteredStream, type Stop, type StreamEnd } from './meteredStream.ts'

/** How an output ended. `stopped`: the process ended the output early. */
export type OutputEnd = StreamEnd | 'stopped'

interface Following {
  /**
   * Runs when the first part becomes active. A stream becomes active when it is first read, and a promise
   * immediately.
   */
  started: () => void
  /** Runs when no part is active but at least one stream hasn't been read yet. */
  paused: () => void
  /** Runs once, before the reader sees the end of the last part. */
  ended: (how: OutputEnd, wasRead: boolean) => Promise<void>
  /** Throws if the value can't be sent. Receives a copy in which null replaces each asynchronous property. */
  check: (value: unknown) => void
  /** Returns whether the value is a stream to meter. */
  isStream: (value: unknown) => value is AsyncIterable<unknown>
  /** Whether asynchronous properties count as parts: those of the output, of chunks and of promise values. */
  nests: boolean
  reader: Pick<Reader, 'signal' | 'error'>
  clock: Clock
  /** How long to wait for a part to end after the reader leaves. */
  patienceMs: number
}

const severity: Record<StreamEnd, number> = { finished: 0, left: 1, failed: 2 }

/**
 * Follows an output whose parts end after the work returns: a stream, an observable, or an object with
 * promises and streams. Parts can contain further parts. The output ends when its last part ends. If any part
 * fails, the output counts as failed. Otherwise, if the reader leaves any part, the output counts as left.
 */
export class MeteredOutput {
  readonly #following: Following
  #open = 0
  #ended = false
  #active = 0
  #wasRead = false
  #how: StreamEnd = 'finished'
  /** The functions that stop the open parts. */
  readonly #stops = new Set<Stop>()
  /** Resolves to the error for the reader. Null unless the output was stopped. */
  #stopped: Promise<unknown> | null = null

  constructor(following: Following) {
    this.#following = following
  }

  /**
   * Returns a copy of the value that reports when its parts end. The caller reads the copy instead of the
   * value. If the value's synchronous properties can't be sent, throws before it follows any part.
   */
  wrap(value: unknown): unknown {
    const { check, isStream, nests } = this.#following
    if (isStream(value)) return this.#stream(value)
    if (nests && isPromise(value)) return this.#promise(value)
    const isPart = (it: unknown) => isStream(it) || isPromise(it)
    const entries = nests && hasParts(value) && hasProperty(value, isPart) ? Object.entries(value) : null
    try {
      check(entries ? Object.fromEntries(entries.map(([key, it]) => [key, isPart(it) ? null : it])) : value)
      if (!entries) return value
      const copy = Object.fromEntries(entries.map(([key, it]) => [key, isPart(it) ? this.wrap(it) : it]))
      return Object.setPrototypeOf(copy, Object.getPrototypeOf(value))
    } catch (error) {
      ignoreErrors(value)
      throw error
    }
  }

  /** Stops following the parts, so that `ended` doesn't run. */
  abandon(): void {
    this.#ended = true
  }

  /**
   * Ends the output without waiting for its source or its reader. Once `ended` has run, each part that hasn't
   * ended fails with the error.
   */
  stop(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopped = this.#following.ended('stopped', this.#wasRead).then(
      () => error,
      (failure: unknown) => failure,
    )
    for (const stop of this.#stops) stop(this.#stopped)
  }

  #begin() {
    this.#open++
    let state: 'waiting' | 'active' | 'ended' = 'waiting'
    let stopPart: Stop = () => {}
    return {
      /** Receives the function that stops the part. */
      onStop: (stop: Stop) => {
        stopPart = stop
        if (this.#stopped) stop(this.#stopped)
        else this.#stops.add(stop)
      },
      start: () => {
        if (state !== 'waiting') return
        state = 'active'
        this.#wasRead = true
        if (++this.#active === 1 && !this.#ended) this.#following.started()
      },
      end: async (how: StreamEnd) => {
        if (state === 'ended') return
        if (state === 'active') this.#active--
        state = 'ended'
        this.#stops.delete(stopPart)
        if (severity[how] > severity[this.#how]) this.#how = how
        if (--this.#open > 0) {
          if (this.#active === 0) this.#following.paused()
        } else if (!this.#ended) {
          // The reader can subscribe to an observable again after this subscription has ended. Don't charge
          // the output twice.
          this.#ended = true
          await this.#following.ended(this.#how, this.#wasRead)
        }
      },
    }
  }

  #stream(source: AsyncIterable<unknown>): AsyncIterable<unknown> {
    const { reader, clock, patienceMs } = this.#following
    const { start, end, onStop } = this.#begin()
    try {
      return meteredStream(source, {
        started: start,
        ended: end,
        onStop,
        wrap: (chunk) => this.wrap(chunk),
        reader,
        clock,
        patienceMs,
      })
    } catch (error) {
      // The source can't be read, for example because another reader has locked it. The output that contains
      // this source fails.
      this.#open--
      throw error
    }
  }

  #promise(source: Promise<unknown>): Promise<unknown> {
    const { reader, clock, patienceMs } = this.#following
    const { signal } = reader
    const part = this.#begin()
    part.start()
    const stopped = new Promise<void>((resolve) => {
      part.onStop((error) => {
        ignoreErrors(source)
        error.then(() => resolve())
      })
    })
    const read = async () => {
      const value = await Promise.race([source, stopped])
      // The charge doesn't cover a value that arrives after the stop, so the reader doesn't receive it.
      if (this.#stopped) throw await this.#stopped
      return this.wrap(value)
    }
    const followed = new Promise<unknown>((resolve, reject) => {
      const leave = async () => {
        const settled = source.then(
          () => {},
          () => {},
        )
        await within(clock, patienceMs, settled, undefined)
        await part.end('left').catch(() => {})
        if (reader.error) reject(reader.error)
      }
      if (signal.aborted) void leave()
      else signal.addEventListener('abort', leave, { once: true })
      const endAs = (how: StreamEnd) => {
        signal.removeEventListener('abort', leave)
        return part.end(signal.aborted ? 'left' : how)
      }
      const follow = async () => {
        let value: unknown
        try {
          value = await read()
        } catch (error) {
          await endAs('failed')
          throw error
        }
        await endAs('finished')
        return value
      }
      follow().then(resolve, reject)
    })
    // After a disconnect, no reader handles a rejection. Ignore the rejection, because an unhandled rejection
    // would end the process.
    followed.catch(() => {})
    return followed
  }

  /** Returns an observable that reports when it ends. */
  observe(source: Observable): Observable {
    return {
      subscribe: (observer) => {
        const { reader } = this.#following
        const part = this.#begin()
        part.start()
        const fail = (error: unknown) =>
          part.end('failed').then(
            () => observer.error?.(error),
            () => observer.error?.(error),
          )
        let stopped = false
        let unsubscribe = () => {}
        part.onStop((error) => {
          stopped = true
          ignoreThrown(unsubscribe)
          error.then((it) => observer.error?.(it))
        })
        if (stopped) return { unsubscribe }
        unsubscribe = subscribeTo(source, {
          next: (value) => {
            if (stopped) return
            let sent: unknown
            try {
              sent = this.wrap(value)
            } catch (error) {
              stopped = true
              fail(error)
              return
            }
            observer.next?.(sent)
          },
          error: (error) => !stopped && fail(error),
          complete: () =>
            !stopped &&
            part.end('finished').then(
              () => observer.complete?.(),
              (error) => observer.error?.(error),
            ),
        })
        const sendAway = () => {
          if (!reader.error) return
          stopped = true
          ignoreThrown(unsubscribe)
          const tell = () => observer.error?.(reader.error)
          part.end('left').then(tell, tell)
        }
        reader.signal.addEventListener('abort', sendAway, { once: true })
        return {
          unsubscribe: () => {
            // The app's cleanup can throw. The output is charged anyway.
            try {
              unsubscribe()
            } finally {
              part.end('left').catch(() => {})
            }
          },
        }
      },
    }
  }
}

/** Runs the app's cleanup of an observable. Ignores the cleanup's errors, so that other outputs still end. */
function ignoreThrown(cleanUp: () => void) {
  try {
    cleanUp()
  } catch {}
}

/** Subscribes to the observable. If `subscribe` throws, passes the error to the observer. */
function subscribeTo(source: Observable, observer: Observer): () => void {
  try {
    const subscription = source.subscribe(observer)
    return () => subscription.unsubscribe()
  } catch (error) {
    observer.error(error)
    return () => {}
  }
}
