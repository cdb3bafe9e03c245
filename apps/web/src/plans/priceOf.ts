import { formatMoney } from '../format/format.ts'
import { every } from './interval.ts'
import type { Offer } from './offers.ts'

/** Returns an offer's price, such as `$20 a month`, or `$5` for a one-time price. */
export const priceOf = ({ unitPrice, currency, interval }: Offer) =>
  `${formatMoney(unitPrice, currency)}${interval ? ` ${every(interval)}` : ''}`
