import { formatMoney } from '../format/format.ts'
import { every, intervalText, monthsIn } from './interval.ts'
import type { Offer } from './offers.ts'

/** Returns an offer's price in a sentence, such as `$20 a month`, or `$5` for a one-time price. */
export const priceOf = ({ unitPrice, currency, interval }: Offer) =>
  `${formatMoney(unitPrice, currency)}${interval ? ` ${every(interval)}` : ''}`

/** Returns an offer's price on a button, such as `$20/month`, or `$5` for a one-time price. */
export const shortPriceOf = ({ unitPrice, currency, interval }: Offer) =>
  `${formatMoney(unitPrice, currency)}${interval ? `/${intervalText(interval)}` : ''}`

/** Returns a plan's price per month, to compare plans with different intervals. */
export const monthlyPriceOf = ({ unitPrice, interval }: Offer) =>
  interval ? unitPrice / monthsIn(interval) : unitPrice
