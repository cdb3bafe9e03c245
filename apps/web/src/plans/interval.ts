import { formatNumber } from '../format/format.ts'
import type { Offer } from './offers.ts'

type Interval = NonNullable<Offer['interval']>

/** Returns `month`, or `3 months`. */
export const intervalText = ({ unit, count }: Interval) =>
  count === 1 ? unit : `${formatNumber(count)} ${unit}s`

/** Returns how often something recurs: `a month`, or `every 3 months`. */
export const every = (interval: Interval) =>
  `${interval.count === 1 ? 'a' : 'every'} ${intervalText(interval)}`
