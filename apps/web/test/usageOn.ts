import type { UsageDay } from '@metered/billing/client'
import type { Meter } from '../src/format/meters.ts'

/** Returns the daily usage of pictures. The last amount is for the UTC day before `now`. Omits days without usage. */
export const usageOn = (now: number, amounts: number[]): UsageDay<Meter>[] =>
  amounts.flatMap((amount, index) => {
    const day = new Date(now - (amounts.length - index) * 86_400_000).toISOString().slice(0, 10)
    return amount > 0 ? [{ day, meter: 'generations' as const, amount }] : []
  })
