import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable, tap } from '@trpc/server/observable'
import type { BalancesAnswer } from '../contract/balances.ts'
import { balancesHeader } from '../contract/balancesHeader.ts'
import { asRead, startRead } from './readOrder.ts'
import { StreamOrder } from './streamOrder.ts'

/**
 * Calls `onBalances` with the balances in each non-streaming response, including denials. Responses can
 * arrive out of order, so use `newestBalances` to keep only the newest one. Streams carry no balances. For
 * balances during a stream, subscribe to the billing router's `onBalances`.
 */
export function balancesLink<Router extends AnyTRPCRouter>({
  onBalances,
}: {
  onBalances: (balances: BalancesAnswer) => void
}): TRPCLink<Router> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        const start = startRead()
        const stream = op.type === 'subscription' ? new StreamOrder() : null
        return next(op)
          .pipe(
            tap({
              next({ result, context }) {
                tell(context, start)
                if ('state' in result && result.state === 'connecting') stream?.connect()
                if (!('data' in result) || !isAnswer(result.data)) return
                if (stream) stream.read(result.data)
                else asRead(result.data, start)
              },
              error: ({ meta }) => tell(meta, start),
            }),
          )
          .subscribe(observer)
      })

  function tell(context: Record<string, unknown> | undefined, start: number) {
    const response = context?.response
    const header = response instanceof Response ? response.headers.get(balancesHeader) : null
    const balances = header === null ? null : parse(header)
    if (balances) onBalances(asRead(balances, start))
  }
}

function parse(header: string): BalancesAnswer | null {
  try {
    const value: unknown = JSON.parse(header)
    return isAnswer(value) ? value : null
  } catch {
    return null
  }
}

/**
 * Returns whether the value contains balances. The value can also be the result of a different procedure, or come
 * from a different server's header with the same name. The server always sends complete balances, so checking a few
 * fields is enough.
 */
const isAnswer = (value: unknown): value is BalancesAnswer =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  typeof value.version === 'number' &&
  'customer' in value &&
  typeof value.customer === 'string' &&
  'balances' in value &&
  Array.isArray(value.balances)
