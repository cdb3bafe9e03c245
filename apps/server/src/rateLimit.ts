import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { limits } from './limits.ts'

/** Limits calls to `calls` in any window of `windowMs`. */
export interface RateLimitSettings {
  calls: number
  windowMs: number
}

export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError'
  constructor(readonly retryAfterMs: number) {
    super('Too many calls in a short time. Nothing was charged. Try again in a few seconds.')
  }
}

/** Counts a call. Rejects with `RateLimitedError` if the user has made too many calls. */
export type RateLimit = (user: string) => Promise<void>

export const unlimited: RateLimit = async () => {}

export function createRateLimit({ calls, windowMs }: RateLimitSettings = limits.calls): RateLimit {
  const limiter = new RateLimiterMemory({ points: calls, duration: windowMs / 1_000 })
  return async (user) => {
    try {
      await limiter.consume(user)
    } catch (error) {
      if (error instanceof RateLimiterRes) throw new RateLimitedError(Math.max(1, error.msBeforeNext))
      throw error
    }
  }
}

/** Counts a call. Returns a `RateLimitedError` if the user has made too many calls, otherwise null. */
export async function limitedBy(rateLimit: RateLimit, user: string): Promise<RateLimitedError | null> {
  try {
    await rateLimit(user)
    return null
  } catch (error) {
    if (error instanceof RateLimitedError) return error
    throw error
  }
}
