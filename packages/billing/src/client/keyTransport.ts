import type { OperationContext } from '@trpc/client'

/** Where an operation's key travels: in a header of its HTTP request, or in its input. */
export type KeyPlace = 'header' | 'input'

/**
 * Detects whether the links behind `idempotencyLink` send HTTP requests. A link can't see the links behind it,
 * but HTTP links pass on their response, and `wsLink` doesn't.
 */
export class KeyTransport {
  #place: KeyPlace | 'unknown' = 'unknown'

  /** The place of the keys. 'unknown' until the first answer. */
  get place(): KeyPlace | 'unknown' {
    return this.#place
  }

  /** Notes that the operation got headers, or an HTTP response. */
  sawHttp(): void {
    this.#place = 'header'
  }

  /**
   * Notes an answer from the server. An answer without a response proves nothing once a response was seen: it
   * can come from a cache.
   */
  sawAnswer(meta: OperationContext | undefined): void {
    if (meta?.response !== undefined) this.sawHttp()
    else if (this.#place === 'unknown') this.#place = 'input'
  }
}
