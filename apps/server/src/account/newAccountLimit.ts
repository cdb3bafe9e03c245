import type { LimitSettings } from '../limits/limiter.ts'
import { networkOf } from '../limits/networkOf.ts'
import { createRateLimit, type RateLimit } from '../limits/rateLimit.ts'
import { countOrRefuse } from './countOrRefuse.ts'

export interface NewAccountLimits {
  perHour: LimitSettings
  perDay: LimitSettings
}

/**
 * Returns a function that counts a new account for an IP address's network, and rejects with a 429 if the
 * network has created too many accounts.
 */
export function createNewAccountLimit({ perHour, perDay }: NewAccountLimits): RateLimit {
  const countHour = createRateLimit(perHour)
  const countDay = createRateLimit(perDay)
  return (address) =>
    countOrRefuse(
      async () => {
        const network = networkOf(address, { ipv4PrefixLength: 24 }) ?? address
        // An account that the hourly limit refuses doesn't count toward the daily limit.
        await countHour(network)
        await countDay(network)
      },
      {
        code: 'TOO_MANY_NEW_ACCOUNTS',
        message: 'Too many accounts were created from your network.',
      },
    )
}
