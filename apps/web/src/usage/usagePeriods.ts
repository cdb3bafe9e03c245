import type { UsageDay } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'

const dayMs = 86_400_000

/** The lengths of the periods that the chart can show, in days. */
export const lengths = [7, 30, 90]
export const defaultLength = 30

/** Returns the number of days to load for a period. Includes the previous period for comparison. */
export const daysFor = (length: number) => ({ days: 2 * length })

/** One meter's usage in a period, compared with the previous period of the same length. */
export interface MeterUsage {
  /** The units used on each day of the period, oldest first. */
  days: { day: string; amount: number }[]
  total: number
  totalBefore: number
}

/** Returns a meter's usage in the last `length` UTC days, including the day of `now`. */
export function usageOf(
  usage: UsageDay<Meter>[],
  { meter, length, now }: { meter: Meter; length: number; now: number },
): MeterUsage {
  const spent = new Map(usage.filter((it) => it.meter === meter).map(({ day, amount }) => [day, amount]))
  const amounts = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const day = new Date(from + index * dayMs).toISOString().slice(0, 10)
      return { day, amount: spent.get(day) ?? 0 }
    })
  const start = now - (length - 1) * dayMs
  const days = amounts(start, length)
  return { days, total: sum(days), totalBefore: sum(amounts(start - length * dayMs, length)) }
}

export const sum = (amounts: { amount: number }[]) => amounts.reduce((total, { amount }) => total + amount, 0)
