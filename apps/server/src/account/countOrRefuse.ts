import { APIError } from 'better-auth/api'
import { RateLimitedError } from '../limits/rateLimit.ts'

/**
 * Counts a request. If there were too many requests, rejects with a 429 that says when to try again. `code`
 * identifies the limit, and `message` explains the limit to the user.
 */
export async function countOrRefuse(
  count: () => Promise<void>,
  { code, message }: { code: string; message: string },
) {
  try {
    await count()
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error
    const { retryAfterMs } = error
    throw new APIError(
      'TOO_MANY_REQUESTS',
      { code, message: `${message} Try again in ${inWords(retryAfterMs)}.`, retryAfterMs },
      { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) },
    )
  }
}

function inWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  if (minutes === 1) return 'a minute'
  return minutes <= 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`
}
