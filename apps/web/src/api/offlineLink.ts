import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'

const errors = new WeakSet<object>()

/**
 * Marks the errors of calls that started and failed while the browser was offline. Such a call was never sent, even if
 * the browser is online again when the screen shows the error. A call whose connection breaks midway may have run.
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

/** Returns whether the error belongs to a call that the browser never sent because it was offline. */
export const isUnsent = (error: unknown) => typeof error === 'object' && error !== null && errors.has(error)
