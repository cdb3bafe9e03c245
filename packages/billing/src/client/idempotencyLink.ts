import { type OperationContext, TRPCClientError, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import type { Denial } from '../contract/denials.ts'
import { keyPattern, keyRule, printable } from '../contract/keyFormat.ts'
import { billingDenial } from './billingDenial.ts'

/**
 * The context field that carries an operation's key. Set it yourself if retries create new operations, for
 * example with React Query.
 */
const idempotencyKey = 'idempotencyKey'

interface Operation {
  context: OperationContext
}

/**
 * Gives each operation a key, so that the operation is charged once no matter how often it is sent. Put the
 * link before `retryLink`, which sends the same operation again. Pass `headers: keyHeaders` to the HTTP link.
 * A key in the operation's context (`{ context: { idempotencyKey } }`) is kept. An invalid key fails its own
 * operation with `KEY_INVALID` before it is sent.
 *
 * While another attempt under the key is running, the link waits and tries again, for up to `maxWaitMs`
 * (default 30 s).
 */
export function idempotencyLink<Router extends AnyTRPCRouter>({
  maxWaitMs = 30_000,
}: {
  maxWaitMs?: number
} = {}): TRPCLink<Router> {
  return () =>
    ({ op, next }) => {
      if (op.type === 'subscription') return next(op)
      const key = keyOf(op) ?? crypto.randomUUID()
      const keyed = { ...op, context: { ...op.context, [idempotencyKey]: key } }
      return observable((observer) => {
        // In a batch's header, an invalid key would fail the other calls too.
        if (!keyPattern.test(key)) return observer.error(keyInvalid(key))
        let waitedMs = 0
        let timer: ReturnType<typeof setTimeout> | undefined
        let sent = { unsubscribe() {} }
        const again = (error: TRPCClientError<Router>) => {
          const denial = billingDenial(error)
          if (denial?.code !== 'IN_PROGRESS' || waitedMs >= maxWaitMs || op.signal?.aborted)
            return observer.error(error)
          const pauseMs = Math.min(Math.max(50, denial.retryAfterMs), maxWaitMs - waitedMs)
          waitedMs += pauseMs
          timer = setTimeout(send, pauseMs)
        }
        const send = () => {
          sent = next(keyed).subscribe({
            next: (result) => observer.next(result),
            error: again,
            complete: () => observer.complete(),
          })
        }
        send()
        return () => {
          clearTimeout(timer)
          sent.unsubscribe()
        }
      })
    }
}

const keyOf = ({ context }: Operation): string | null => {
  const key = context[idempotencyKey]
  return typeof key === 'string' ? key : null
}

/** Returns the error that the server would send for an invalid key. */
const keyInvalid = (key: string) => {
  const billing: Denial = { code: 'KEY_INVALID', key: printable(key) }
  const data = { code: 'BAD_REQUEST', httpStatus: 400, billing }
  return TRPCClientError.from({ error: { code: -32600, message: keyRule, data } })
}

/**
 * Returns the `headers` option for `httpLink`, `httpBatchLink` or `httpBatchStreamLink`. The given header
 * carries the keys of all operations, in batch order.
 */
export const keyHeadersAs =
  (header: string) =>
  (request: { op: Operation } | { opList: Operation[] }): Record<string, string> => {
    const operations = 'opList' in request ? request.opList : [request.op]
    const keys = operations.map(keyOf)
    // The server accepts either one key per call or no keys.
    return keys.every((key) => key !== null) && keys.length > 0 ? { [header]: keys.join() } : {}
  }

/** The `headers` option for the server's default header, `idempotency-key`. */
export const keyHeaders = keyHeadersAs('idempotency-key')
