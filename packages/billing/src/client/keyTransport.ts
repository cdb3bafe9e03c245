import type { OperationContext } from '@trpc/client'

/** The place of an operation's key: a header of the HTTP request, or the input. */
export type KeyPlace = 'header' | 'input'

/**
 * Detects whether the links after `idempotencyLink` send HTTP requests. A link can't inspect the links after
 * it. However, HTTP links add the response to an answer's context, and `wsLink` doesn't.
 */
export class KeyTransport {
  #place: KeyPlace | 'unknown' = 'unknown'

  /** The place of the keys, or 'unknown' before the first HTTP request or answer. */
  get place(): KeyPlace | 'unknown' {
    return this.#place
  }

  /** Records that an HTTP link sent the operation. */
  sawHttp(): void {
    this.#place = 'header'
  }

  /**
   * Records an answer. An answer without an HTTP response shows that keys must go into the input. The
   * exception is an answer after HTTP was detected, because that answer can come from a cache.
   */
  sawAnswer(meta: OperationContext | undefined): void {
    if (meta?.response !== undefined) this.sawHttp()
    else if (this.#place === 'unknown') this.#place = 'input'
  }
}
