import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** Calls of one signed-in user in a window; each call of a batch counts. */
export interface RateLimitSettings {
  calls: number
  windowMs: number
}

/** Far above what a person does, with room for a burst of forty at once; for each server by itself. */
export const defaultRateLimit: RateLimitSettings = { calls: 120, windowMs: 10_000 }

export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError'
  constructor(readonly retryAfterMs: number) {
    super('Too many calls at once. Nothing was charged.')
  }
}

/** Rejects with `RateLimitedError` once the user has made too many calls. */
export type RateLimit = (user: string) => Promise<void>

export const unlimited: RateLimit = async () => {}

export function createRateLimit({ calls, windowMs }: RateLimitSettings = defaultRateLimit): RateLimit {
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

/** The limit's no as a value; null while the user may go on. */
export async function limitedBy(rateLimit: RateLimit, user: string): Promise<RateLimitedError | null> {
  try {
    await rateLimit(user)
    return null
  } catch (error) {
    if (error instanceof RateLimitedError) return error
    throw error
  }
}
