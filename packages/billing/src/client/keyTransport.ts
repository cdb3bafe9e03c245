import type { OperationContext } from '@trpc/client'

/** Where an operation's key is sent: in an HTTP header, or in the input. */
export type KeyPlace = 'header' | 'input'

/**
 * Detects whether the links after `idempotencyLink` send HTTP requests. A link can't inspect later links, but
 * HTTP links add the response to a result's context, and `wsLink` doesn't.
 */
export class KeyTransport {
  #place: KeyPlace | 'unknown' = 'unknown'

  /** Where the keys are sent, or 'unknown' before the first HTTP request or result. */
  get place(): KeyPlace | 'unknown' {
    return this.#place
  }

  /** Records that an HTTP link sent the operation. */
  sawHttp(): void {
    this.#place = 'header'
  }

  /**
   * Records a result. If the result's metadata contains no HTTP response, keys must be sent in the input. Once
   * HTTP has been detected, such a result is ignored, because it can come from a cache.
   */
  sawAnswer(meta: OperationContext | undefined): void {
    if (meta?.response !== undefined) this.sawHttp()
    else if (this.#place === 'unknown') this.#place = 'input'
  }
}
