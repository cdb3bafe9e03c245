import type { OveragePrice } from '@metered/billing/client'
import { formatMoney, formatNumber } from '../format/format.ts'
import { type Meter, unitsOf } from '../format/meters.ts'
import { every } from './interval.ts'
import type { Offer } from './offers.ts'

/** Returns the benefits of a plan or pack, most important first. */
export function benefitsOf({ grants, interval, unlimited, features, overage }: Offer): string[] {
  // The lines about unlimited meters and overage already cover these features.
  const isCovered = (slug: string) =>
    slug.startsWith('unlimited_') || overage.some(({ feature }) => feature === slug)
  return [
    ...unlimited.map((meter) => `Unlimited ${unitsOf(meter)}`),
    ...grants
      .filter(({ meter }) => !unlimited.includes(meter))
      .map(
        ({ meter, amount, renews }) =>
          `${formatNumber(amount)} ${unitsOf(meter)}${renews && interval ? ` ${every(interval)}` : ''}`,
      ),
    ...overage.map((price) => `Extra ${unitsOf(price.meter)}: ${overageText(price)}`),
    ...features.filter(({ slug }) => !isCovered(slug)).map(({ name }) => name),
  ]
}

/** Returns the overage price, such as `$1 per 1,000` or `$0.05 each`. */
export function overageText({ unitPrice, perUnits, currency }: OveragePrice<Meter>): string {
  const price = formatMoney(unitPrice, currency)
  return perUnits === 1 ? `${price} each` : `${price} per ${formatNumber(perUnits)}`
}
