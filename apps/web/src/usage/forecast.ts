import type { UsageDay } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'

const dayMs = 86_400_000

/** The maximum number of days in the average: two full weeks, because many customers work only on weekdays. */
const mostDays = 14
/** The minimum number of days in the average. With fewer days, the average says little about the next weeks. */
const fewestDays = 7
/** The minimum number of days with usage. */
const fewestDaysWithUse = 3

/**
 * How far usage is likely to differ from the average, in standard deviations. In a normal distribution, four in five
 * results are within this distance.
 */
const deviations = 1.28

/** How far the forecast looks ahead for units that never renew or end. */
const yearMs = 365 * dayMs

/** A forecast of when a meter's units will run out at the average usage per day. Times are epoch milliseconds. */
export interface Forecast {
  /** Whether the units run out before they renew or end. For units that do neither, whether they run out within a year. */
  outcome: 'lasts' | 'probablyLasts' | 'probablyRunsOut' | 'runsOut'
  /** When the units run out at the average usage. */
  expected: number
  /** The likely range of the time when the units run out. `latest` is Infinity if the average may be close to 0. */
  earliest: number
  latest: number
  /** The average usage per day. */
  perDay: number
  /** The number of days in the average. */
  days: number
}

interface ForecastInput {
  meter: Meter
  /** The units that the customer has left, including units in progress. */
  left: number
  /** When the units renew or end. Null if they do neither. */
  endsAt: number | null
  now: number
}

/**
 * Forecasts when a meter's units will run out, based on the usage in the last 14 UTC days. Today doesn't count, because it
 * isn't over. Days without usage count as 0, except for days before the first usage. Returns null if no units are left, or
 * if too few days have usage. `usage` must also contain earlier days, to tell a pause from the time before the first
 * usage.
 */
export function forecastOf(
  usage: UsageDay<Meter>[],
  { meter, left, endsAt, now }: ForecastInput,
): Forecast | null {
  const amounts = amountsOf(usage, { meter, now })
  if (left <= 0 || amounts.length < fewestDays) return null
  if (amounts.filter((amount) => amount > 0).length < fewestDaysWithUse) return null
  const perDay = mean(amounts)
  const { first, last } = likelyDays(left, amounts)
  const expected = now + (left / perDay) * dayMs
  const earliest = now + first * dayMs
  const latest = now + last * dayMs
  const end = endsAt ?? now + yearMs
  const outcome =
    latest < end ? 'runsOut' : expected < end ? 'probablyRunsOut' : earliest < end ? 'probablyLasts' : 'lasts'
  return { outcome, expected, earliest, latest, perDay, days: amounts.length }
}

/** Returns the units used on each of the last 14 UTC days before today, or since the first usage. */
function amountsOf(usage: UsageDay<Meter>[], { meter, now }: { meter: Meter; now: number }): number[] {
  const used = new Map(
    usage.filter((it) => it.meter === meter && it.amount > 0).map(({ day, amount }) => [day, amount]),
  )
  const days = Array.from({ length: mostDays }, (_, index) => utcDay(now - (mostDays - index) * dayMs))
  const [first = ''] = [...used.keys()].toSorted()
  return days.filter((day) => day >= first).map((day) => used.get(day) ?? 0)
}

/**
 * Returns the likely range of the number of days after which `left` units are used up.
 *
 * After t days, the usage is probably within `deviations` standard deviations of `mean * t`. Its variance is
 * `variance * (t + t² / n)`: the days differ from each other, and the average of n days is uncertain. The range starts
 * where the highest probable usage reaches `left`, and ends where the lowest does. These are the two solutions of the
 * equation `(left - mean * t)² = k * (t + t² / n)`. If the lowest probable usage never reaches `left`, the range has no
 * end.
 */
function likelyDays(left: number, amounts: number[]): { first: number; last: number } {
  const average = mean(amounts)
  const variance =
    amounts.reduce((sum, amount) => sum + (amount - average) ** 2, 0) / Math.max(1, amounts.length - 1)
  const k = deviations ** 2 * variance
  const a = average ** 2 - k / amounts.length
  const b = 2 * left * average + k
  const root = Math.sqrt(Math.max(0, b ** 2 - 4 * a * left ** 2))
  return {
    first: (2 * left ** 2) / (b + root),
    last: a > 0 ? (b + root) / (2 * a) : Number.POSITIVE_INFINITY,
  }
}

const mean = (amounts: number[]) => amounts.reduce((sum, amount) => sum + amount, 0) / amounts.length

const utcDay = (at: number) => new Date(at).toISOString().slice(0, 10)
