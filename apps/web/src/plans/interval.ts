import { formatNumber } from '../format/format.ts'
import type { Offer } from './offers.ts'

type Interval = NonNullable<Offer['interval']>

/** Returns an interval's length, such as `month` or `3 months`. */
export const intervalText = ({ unit, count }: Interval) =>
  count === 1 ? unit : `${formatNumber(count)} ${unit}s`

/** Returns how often a price or grant recurs, such as `a month` or `every 3 months`. */
export const every = (interval: Interval) =>
  `${interval.count === 1 ? 'a' : 'every'} ${intervalText(interval)}`
