import type { OperationContext } from '@trpc/client'
import { idempotencyKeyHeader } from '../contract/keyHeader.ts'

/**
 * The context field that carries an operation's key. Set this field yourself if each retry creates a new
 * operation, as in TanStack Query.
 */
export const idempotencyKey = 'idempotencyKey'

/**
 * The context field that holds a callback. `keyHeaders` calls the callback when a header carries the
 * operation's key.
 */
export const onKeyInHeader = Symbol('onKeyInHeader')

/**
 * The maximum number of calls that `billingLinks` sends in one request. One header can carry the keys of this
 * many calls, even if each key has 128 characters.
 */
export const maxBatchItems = 90

/**
 * The maximum length of the header that carries the keys. Node and most proxies reject requests whose headers
 * exceed 16 kB in total.
 */
const maxHeaderLength = 12_000

/** The part of tRPC's `Operation` that contains the key. */
export interface KeyedOperation {
  context: OperationContext
}

export const keyOf = ({ context }: KeyedOperation): string | null => {
  const key = context[idempotencyKey]
  return typeof key === 'string' ? key : null
}

/**
 * Returns the `headers` option for `httpLink`, `httpBatchLink` or `httpBatchStreamLink`. The given header
 * carries the keys of all operations, in batch order. Throws if the batch has more keys than a header can carry.
 * To prevent this, set `maxItems: 90` on the batch link.
 */
export const keyHeadersAs =
  (header: string) =>
  (request: { op: KeyedOperation } | { opList: KeyedOperation[] }): Record<string, string> => {
    const operations = 'opList' in request ? request.opList : [request.op]
    for (const { context } of operations) {
      const notify: unknown = Reflect.get(context, onKeyInHeader)
      if (typeof notify === 'function') notify()
    }
    const keys = operations.map(keyOf)
    // The server accepts either one key per call or no keys. If one call has no key, send none.
    if (keys.length === 0 || keys.includes(null)) return {}
    const value = keys.join()
    if (value.length > maxHeaderLength) {
      throw new Error(
        `The keys of this batch's ${keys.length} calls don't fit in the header ${header}. No call was sent. Set maxItems: ${maxBatchItems} on httpBatchLink.`,
      )
    }
    return { [header]: value }
  }

/** The `headers` option for the server's default header, `idempotency-key`. */
export const keyHeaders = keyHeadersAs(idempotencyKeyHeader)
