import { formatNumber } from '../format/format.ts'
import { type Meter, meters, unitsOf } from '../format/meters.ts'
import { every, isSame } from './interval.ts'
import type { Offer } from './offers.ts'
import { pricePerText } from './overage.ts'

/** Returns the benefits of a plan or pack, most important first. */
export function benefitsOf(offer: Offer): string[] {
  return [
    ...offer.unlimited.map((meter) => `Unlimited ${unitsOf(meter)}`),
    ...offer.grants.filter(({ meter }) => !offer.unlimited.includes(meter)).map(grantText(offer)),
    ...offer.overage.map((price) => `Extra ${unitsOf(price.meter)}: ${pricePerText(price)}`),
    ...benefitFeatures(offer).map(({ name }) => name),
  ]
}

/** Returns the features that aren't part of a meter's own line, such as HD pictures. */
export const benefitFeatures = ({ features, overage }: Offer) =>
  features.filter(
    ({ slug }) => !slug.startsWith('unlimited_') && !overage.some(({ feature }) => feature === slug),
  )

/** One cell of the plan comparison. */
interface Benefit {
  /** The row's ID. It is the same for all plans. */
  row: string
  text: string
  detail?: string | undefined
  isIncluded: boolean
}

/** Returns each plan's benefits. Every plan has the same rows, so that a customer can compare them. */
export function comparedBenefits(plans: Offer[]): Benefit[][] {
  const compared = meters.filter((meter) => plans.some((plan) => includes(plan, meter)))
  const features = new Map(plans.flatMap(benefitFeatures).map(({ slug, name }) => [slug, name]))
  return plans.map((plan) => [
    ...compared.map((meter) => meterBenefit(plan, meter)),
    ...[...features].map(([slug, name]) => {
      const isIncluded = plan.features.some((feature) => feature.slug === slug)
      return { row: slug, text: isIncluded ? name : `No ${name}`, isIncluded }
    }),
  ])
}

const includes = ({ unlimited, grants }: Offer, meter: Meter) =>
  unlimited.includes(meter) || grants.some((grant) => grant.meter === meter)

function meterBenefit(plan: Offer, meter: Meter): Benefit {
  const units = unitsOf(meter)
  if (plan.unlimited.includes(meter)) return { row: meter, text: `Unlimited ${units}`, isIncluded: true }
  const price = plan.overage.find((extra) => extra.meter === meter)
  const grants = plan.grants.filter((grant) => grant.meter === meter).map(grantText(plan))
  return {
    row: meter,
    text: grants.join(' and ') || `No ${units}`,
    detail: price && `Extra ${units}: ${pricePerText(price)}`,
    isIncluded: grants.length > 0,
  }
}

/**
 * Says what follows when a plan ends, such as `Free has 10 pictures a month instead of 500, and no HD pictures.` Names the
 * earlier amounts only if both plans have the same interval. Also names the price of extra units that were unlimited
 * before. Returns null if nothing is lost.
 */
export function lossText(current: Offer, follower: Offer): string | null {
  const often = follower.interval ? ` ${every(follower.interval)}` : ''
  const isComparable =
    current.interval !== null && follower.interval !== null && isSame(current.interval, follower.interval)
  const losses = [
    ...meters
      .filter((meter) => amountIn(current, meter) !== amountIn(follower, meter))
      .map((meter) => {
        const instead = isComparable ? ` instead of ${amountIn(current, meter)}` : ''
        return `${amountIn(follower, meter)} ${unitsOf(meter)}${often}${instead}`
      }),
    ...benefitFeatures(current)
      .filter(({ slug }) => !follower.features.some((feature) => feature.slug === slug))
      .map(({ name }) => `no ${name}`),
  ]
  const prices = follower.overage
    .filter(({ meter }) => current.unlimited.includes(meter))
    .map((price) => ` Extra ${unitsOf(price.meter)} cost ${pricePerText(price)}.`)
  return losses.length > 0 ? `${follower.name} has ${listText(losses)}.${prices.join('')}` : null
}

const listText = (parts: string[]) =>
  parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}`

/** Returns the units that a plan grants in each period: `500`, `no` or `unlimited`. */
function amountIn(plan: Offer, meter: Meter): string {
  if (plan.unlimited.includes(meter)) return 'unlimited'
  const amount = plan.grants
    .filter((grant) => grant.meter === meter)
    .reduce((sum, grant) => sum + grant.amount, 0)
  return amount === 0 ? 'no' : formatNumber(amount)
}

const grantText =
  ({ interval }: Offer) =>
  ({ meter, amount, renews }: Offer['grants'][number]) =>
    `${formatNumber(amount)} ${unitsOf(meter)}${renews && interval ? ` ${every(interval)}` : ''}`
