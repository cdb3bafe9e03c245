import { formatNumber } from '../format/format.ts'
import type { Offer } from './offers.ts'

export type Interval = NonNullable<Offer['interval']>

/** Returns an interval's length, such as `month` or `3 months`. */
export const intervalText = ({ unit, count }: Interval) =>
  count === 1 ? unit : `${formatNumber(count)} ${unit}s`

/** Returns how often a price or grant recurs, such as `a month` or `every 3 months`. */
export const every = (interval: Interval) =>
  `${interval.count === 1 ? 'a' : 'every'} ${intervalText(interval)}`

/** Returns how often a plan is billed, such as `Monthly` or `Every 3 months`. */
export const billedText = (interval: Interval) =>
  interval.count === 1 ? adverbs[interval.unit] : `Every ${intervalText(interval)}`

const adverbs = { day: 'Daily', week: 'Weekly', month: 'Monthly', year: 'Yearly' }

export const isSame = (one: Interval, other: Interval) => intervalText(one) === intervalText(other)

/** Returns an interval's length in average months, to compare amounts of different intervals. */
export const monthsIn = ({ unit, count }: Interval) => monthsOf[unit] * count

const daysPerMonth = 365.25 / 12
const monthsOf = { day: 1 / daysPerMonth, week: 7 / daysPerMonth, month: 1, year: 12 }
