import type { Denial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'

/** Returns the client's error for a response with `httpStatus`. */
export const answered = (httpStatus: number, data: object = {}) =>
  TRPCClientError.from({
    error: { message: 'no', code: -32_000, data: { httpStatus, billing: null, retryAfterMs: null, ...data } },
  })

export const denied = (billing: Denial) => answered(402, { billing })
