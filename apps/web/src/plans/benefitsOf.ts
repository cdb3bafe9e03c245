import { formatNumber } from '../format/format.ts'
import { unitsOf } from '../format/meters.ts'
import { every } from './interval.ts'
import type { Offer } from './offers.ts'
import { pricePerText } from './overage.ts'

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
    ...overage.map((price) => `Extra ${unitsOf(price.meter)}: ${pricePerText(price)}`),
    ...features.filter(({ slug }) => !isCovered(slug)).map(({ name }) => name),
  ]
}
