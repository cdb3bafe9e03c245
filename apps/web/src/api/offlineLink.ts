import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'

const errors = new WeakSet<object>()

/**
 * Remembers which calls failed because the browser was offline from their start to their end. Their message stays
 * true when the browser is online again. The connection can also break during a call, and then the call may have run.
 */
export function offlineLink<Router extends AnyTRPCRouter>(): TRPCLink<Router> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        const startedOffline = !navigator.onLine
        return next(op).subscribe({
          ...observer,
          error(error) {
            if (startedOffline && !navigator.onLine) errors.add(error)
            observer.error(error)
          },
        })
      })
}

/** Returns whether the call was never sent, because the browser was offline. */
export const isUnsent = (error: unknown) => typeof error === 'object' && error !== null && errors.has(error)
