/** Calls the function once if the reader's session ends. Returns a function that stops the checks. */
export type WatchSession = (end: (error: unknown) => void) => () => void

/**
 * The reader of a stream. The reader leaves when its request is aborted. When its session ends, the reader is
 * disconnected and receives `error`.
 */
export class Reader {
  readonly #left = new AbortController()
  readonly #request: AbortSignal | undefined
  readonly #watchSession: WatchSession | undefined
  #stopWatching: (() => void) | null = null
  #error: unknown = null

  constructor({
    request,
    watchSession,
  }: { request: AbortSignal | undefined; watchSession?: WatchSession | undefined }) {
    this.#request = request
    this.#watchSession = watchSession
    if (request?.aborted) this.#left.abort()
    else request?.addEventListener('abort', this.#leave)
  }

  /** Aborts when the reader leaves or is disconnected. */
  get signal(): AbortSignal {
    return this.#left.signal
  }

  /** The error if the reader was disconnected because its session ended. Otherwise null. */
  get error(): unknown {
    return this.#error
  }

  /** Starts checking the reader's session. */
  start(): void {
    if (this.signal.aborted) return
    this.#stopWatching ??= this.#watchSession?.((error) => this.#sendAway(error)) ?? null
  }

  /** Stops the checks until the next `start`. */
  pause(): void {
    this.#stopWatching?.()
    this.#stopWatching = null
  }

  /** Stops the checks and stops listening to the request. */
  close(): void {
    this.pause()
    this.#request?.removeEventListener('abort', this.#leave)
  }

  readonly #leave = () => {
    this.close()
    this.#left.abort()
  }

  #sendAway(error: unknown) {
    this.#error = error
    this.#leave()
  }
}
