import type {
  BillingStatement,
  ChangePreview,
  NextInvoice,
  OveragePrice,
  PlanSummary,
} from '@metered/billing/client'
import { formatMoney, formatNumber } from '../format/format.ts'
import { amountOf, type Meter, unitsOf } from '../format/meters.ts'
import { isOverdue } from './offers.ts'

type Price = Pick<OveragePrice<Meter>, 'unitPrice' | 'perUnits' | 'currency'>

/**
 * Returns the price of extra units, such as `$1 per 1,000 or part of 1,000`, or `$0.05 each`. Flowglad rounds the
 * units up to a multiple of `perUnits`.
 */
export function pricePerText({ unitPrice, perUnits, currency }: Price): string {
  const price = formatMoney(unitPrice, currency)
  if (perUnits === 1) return `${price} each`
  const units = formatNumber(perUnits)
  return `${price} per ${units} or part of ${units}`
}

/** Returns the amount that a plan change charges, such as `$79.27`, `about $79.27` or `up to $82.27`. */
export const chargeText = ({
  charge,
  currency,
  isEstimate,
  isMaximum,
}: Pick<ChangePreview, 'charge' | 'currency' | 'isEstimate' | 'isMaximum'>): string =>
  `${isMaximum ? 'up to ' : ''}${isEstimate ? 'about ' : ''}${formatMoney(charge, currency)}`

/** Returns the maximum that the next invoice can charge for the usage so far, including usage on an earlier plan. */
export const mostOf = ({ total, earlierUsage }: NextInvoice<Meter>): number =>
  earlierUsage.reduce((sum, { amount }) => sum + amount, total)

const onlyIfKept = (meter: Meter, plan: string) =>
  `You'll pay for extra ${unitsOf(meter)} only if you keep ${plan}.`

/** Says that the extra units so far are never billed if the plan ends. Returns null if there are none. */
export const unbilledText = (statement: BillingStatement<Meter> | undefined, plan: string): string | null =>
  statement?.overage
    .map(
      ({ meter, units }) =>
        `You've used ${amountOf(meter, units)} beyond your plan. ${onlyIfKept(meter, plan)}`,
    )
    .join(' ') || null

/**
 * Explains the price of extra units, and what they have cost so far. The amounts come from the statement, because an
 * operator's credit changes the balance but not what Flowglad bills. A plan that ends has no further invoice, and an
 * overdue plan allows no extra units.
 */
export function overageText(
  meter: Meter,
  price: Price,
  statement: BillingStatement<Meter> | undefined,
  plan: PlanSummary | null | undefined,
): string {
  const extra = statement?.overage.find((charge) => charge.meter === meter)
  const beyond = extra && `${amountOf(meter, extra.units)} beyond your plan`
  if (plan?.cancelsAt != null) return `${beyond ? `${beyond}. ` : ''}${onlyIfKept(meter, plan.name)}`
  if (isOverdue(plan))
    return `${beyond ? `${beyond}. ` : ''}You can use extra ${unitsOf(meter)} again when you've paid for ${plan?.name}.`
  return extra
    ? `${beyond}: ${formatMoney(extra.amount, price.currency)} so far (${pricePerText(price)}).`
    : `Extra ${unitsOf(meter)} cost ${pricePerText(price)}.`
}
