import { createLimiter, type LimitSettings } from './limiter.ts'
import { limits } from './limits.ts'

export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError'
  constructor(readonly retryAfterMs: number) {
    super('Too many calls in a short time. Nothing was charged. Try again in a few seconds.')
  }
  /** The value of the `retry-after` header. */
  get retryAfterSeconds(): number {
    return Math.ceil(this.retryAfterMs / 1_000)
  }
}

/** Counts a call. Rejects with `RateLimitedError` if the user has made too many calls. */
export type RateLimit = (user: string) => Promise<void>

/** Counts nothing. */
export const unlimited = async () => {}

export function createRateLimit(settings: LimitSettings = limits.calls): RateLimit {
  const limiter = createLimiter(settings)
  return async (user) => {
    const waitMs = limiter.take(user)
    if (waitMs > 0) throw new RateLimitedError(waitMs)
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
