import { type OperationContext, TRPCClientError, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { billingDenial } from '../contract/billingDenial.ts'
import type { Denial } from '../contract/denials.ts'
import { keyPattern, keyRule, printable } from '../contract/keyFormat.ts'
import { idempotencyKey, keyOf, onKeyInHeader } from './keyHeaders.ts'
import { canCarryKey, rejectsKey, withKey, withKeyInMessages } from './keyInInput.ts'
import { type KeyPlace, KeyTransport } from './keyTransport.ts'
import { warnOfLostKeys } from './warnOfLostKeys.ts'

/**
 * Gives each query and mutation a key, so that it is charged once no matter how often it is sent. Put the
 * link before `retryLink`, which sends the same operation again. If the operation's context already contains
 * a key (`{ context: { idempotencyKey } }`), the link uses it. An operation with an invalid key fails with
 * `KEY_INVALID` and isn't sent.
 *
 * HTTP links need `headers: keyHeaders`. `wsLink` needs no option: the input's `idempotency-key` property
 * carries the key. `idempotencyLink` detects which kind of link sends its operations. Setting `keyIn` turns
 * off this detection. If you send mutations over both HTTP and WebSockets, put one `idempotencyLink` in each
 * branch of the `splitLink`.
 *
 * If neither a header nor the input can carry a mutation's key, the link warns in the console, once per
 * transport.
 *
 * While another attempt under the key is running, the link waits and tries again, for up to `maxWaitMs`
 * (default 30 s).
 */
export function idempotencyLink<Router extends AnyTRPCRouter>({
  maxWaitMs = 30_000,
  keyIn,
}: {
  maxWaitMs?: number
  keyIn?: KeyPlace
} = {}): TRPCLink<Router> {
  return () => {
    const transport = new KeyTransport()
    const warnIfLost = warnOfLostKeys()
    /** The paths of mutations and queries whose input schema rejects the key. */
    const withoutKey = new Set<string>()

    /** Returns the operation's input, with the key if the operation might be sent without headers. */
    const keyedInput = (
      { type, path, input }: { type: string; path: string; input: unknown },
      key: string,
    ) => {
      const place = keyIn ?? transport.place
      if (place === 'header' || withoutKey.has(path) || !canCarryKey(input)) return input
      if (keyIn === 'input') return withKey(input, key)
      return type === 'mutation' || place === 'input' ? withKeyInMessages(input, key) : input
    }

    return ({ op, next }) => {
      if (op.type === 'subscription') return next(op)
      const key = keyOf(op) ?? crypto.randomUUID()
      let inHeader = false
      const onHeader = () => {
        inHeader = true
        transport.sawHttp()
      }
      const context = { ...op.context, [idempotencyKey]: key, [onKeyInHeader]: onHeader }
      return observable((observer) => {
        // Don't send an invalid key, because all calls of its batch would fail.
        if (!keyPattern.test(key)) return observer.error(keyInvalid(key))
        let waitedMs = 0
        let timer: ReturnType<typeof setTimeout> | undefined
        let sent = { unsubscribe() {} }
        const send = () => {
          const input = keyedInput(op, key)
          const sawAnswer = (meta: OperationContext | undefined) => {
            transport.sawAnswer(meta)
            const overHttp = meta?.response !== undefined
            const inInput = overHttp ? keyIn === 'input' : input !== op.input
            warnIfLost({ type: op.type, path: op.path, overHttp, inHeader, inInput })
          }
          sent = next({ ...op, input, context }).subscribe({
            next(result) {
              sawAnswer(result.context)
              observer.next(result)
            },
            error(error) {
              if (input !== op.input && rejectsKey(error, op.input)) {
                transport.sawAnswer(error.meta)
                withoutKey.add(op.path)
                timer = setTimeout(send)
                return
              }
              if (error.shape) sawAnswer(error.meta)
              again(error)
            },
            complete: () => observer.complete(),
          })
        }
        const again = (error: TRPCClientError<Router>) => {
          const denial = billingDenial(error)
          if (denial?.code !== 'IN_PROGRESS' || waitedMs >= maxWaitMs || op.signal?.aborted)
            return observer.error(error)
          const pauseMs = Math.min(Math.max(50, denial.retryAfterMs), maxWaitMs - waitedMs)
          waitedMs += pauseMs
          timer = setTimeout(send, pauseMs)
        }
        send()
        return () => {
          clearTimeout(timer)
          sent.unsubscribe()
        }
      })
    }
  }
}

/** Returns the error that the server would send for an invalid key. */
const keyInvalid = (key: string) => {
  const billing: Denial = { code: 'KEY_INVALID', key: printable(key) }
  const data = { code: 'BAD_REQUEST', httpStatus: 400, billing }
  return TRPCClientError.from({ error: { code: -32600, message: keyRule, data } })
}
