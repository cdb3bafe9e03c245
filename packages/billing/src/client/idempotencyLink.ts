import { type OperationContext, TRPCClientError, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import type { Denial } from '../contract/denials.ts'
import { keyPattern, keyRule, printable } from '../contract/keyFormat.ts'
import { billingDenial } from './billingDenial.ts'

/** Where an operation carries its key; set it yourself to keep the key over retries that make new operations (React Query's). */
const idempotencyKey = 'idempotencyKey'

interface Operation {
  context: OperationContext
}

/**
 * Gives each operation a key, so that however often it is sent, it is charged once. Put it before `retryLink`, which sends the same operation again, and pass
 * `headers: keyHeaders` to the HTTP link. A key in the operation's context (`{ context: { idempotencyKey } }`) stays.
 *
 * A key that is no key fails its own operation with KEY_INVALID, unsent.
 *
 * While another attempt under the key is still running it waits and asks again, for `maxWaitMs` altogether (default 30 s).
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
        // In the header of its batch it would take the other calls down with it.
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

/** As the server would refuse it. */
const keyInvalid = (key: string) => {
  const billing: Denial = { code: 'KEY_INVALID', key: printable(key) }
  const data = { code: 'BAD_REQUEST', httpStatus: 400, billing }
  return TRPCClientError.from({ error: { code: -32600, message: keyRule, data } })
}

/** For the `headers` of `httpLink`, `httpBatchLink` or `httpBatchStreamLink`: the keys of all its operations, in batch order. */
export const keyHeadersAs =
  (header: string) =>
  (request: { op: Operation } | { opList: Operation[] }): Record<string, string> => {
    const operations = 'opList' in request ? request.opList : [request.op]
    const keys = operations.map(keyOf)
    // One key for each call or none at all: the server takes nothing else.
    return keys.every((key) => key !== null) && keys.length > 0 ? { [header]: keys.join() } : {}
  }

/** `keyHeadersAs('idempotency-key')`, the server's default. */
export const keyHeaders = keyHeadersAs('idempotency-key')
