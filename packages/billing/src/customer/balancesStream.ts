import type { BalancesAnswer } from '../contract/balances.ts'

/**
 * One open stream of a customer's balances. If the balances change faster than the reader reads them, the
 * reader receives only the newest ones.
 */
export class BalancesStream {
  readonly #ended = new AbortController()
  /** The version that the reader last received. */
  #seen = -1
  #next: BalancesAnswer | null = null
  #error: unknown
  #wake = () => {}

  /** Aborts when the stream ends for any reason. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /**
   * Passes the balances to the reader if their version differs from the last one. A lower version also counts
   * as new, because restoring a backup can lower the version.
   */
  offer(balances: BalancesAnswer): void {
    this.#next = balances.version === this.#seen ? null : balances
    if (this.#next) this.#wake()
  }

  /** Ends the stream. If an error is passed, the reader receives it. */
  end(error?: unknown): void {
    if (this.signal.aborted) return
    this.#error = error
    this.#ended.abort()
    this.#wake()
  }

  /** Yields the balances whenever they have changed, until the stream ends. */
  async *read(): AsyncGenerator<BalancesAnswer, void, undefined> {
    for (;;) {
      if (!this.#next && !this.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      if (this.signal.aborted) {
        if (this.#error !== undefined) throw this.#error
        return
      }
      if (!this.#next) continue
      const balances = this.#next
      this.#next = null
      this.#seen = balances.version
      yield balances
    }
  }
}
